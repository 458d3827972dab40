"""The page on the law shows the rules that the command applies, and every field that a file may declare."""

from __future__ import annotations

from pathlib import Path

from gatebench.report.law import rules_table
from gatebench.scenarios.declarations import Declarations
from gatebench.scenarios.model import Model

PAGE = (Path(__file__).parents[2] / "docs" / "law.md").read_text("utf-8")


def test_the_table_is_that_of_the_rules() -> None:
    shown = PAGE[PAGE.index("<!-- rules -->\n") + len("<!-- rules -->\n") : PAGE.index("\n<!-- /rules -->")]
    assert shown == rules_table(), "write the table anew from gatebench.report.law.rules_table()"


def test_every_field_to_declare_is_on_the_page() -> None:
    table = PAGE[PAGE.index("| key of `law`") : PAGE.index("## The rules")]
    for name, field in Declarations.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Model):
            for inner in field.annotation.model_fields:
                assert f"`{inner}`" in table or f"`{name}.{inner}`" in table, f"{name}.{inner}"
        else:
            assert f"`{name}`" in table, name
