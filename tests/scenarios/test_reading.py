"""Files with mistakes: each is found, at once, at its place, in plain words; and nothing but that ever happens."""

import re
import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BeforeValidator, Field

from gatebench.scenarios.checks import problems
from gatebench.scenarios.distributions import Distribution
from gatebench.scenarios.errors import GatebenchError, InputError
from gatebench.scenarios.library import names
from gatebench.scenarios.model import Model
from gatebench.scenarios.places import DEPTH
from gatebench.scenarios.reading import LIMIT, Problem, read, read_bytes, read_text
from gatebench.scenarios.scenario import Scenario
from gatebench.scenarios.units import Duration, Id, Share


class Lanes(Model):
    inward: int = Field(default=0, ge=0, alias="in")
    both: int = Field(default=0, ge=0)


class Badge(Model):
    kind: Literal["badge"]
    bits: int = 26


class Pin(Model):
    kind: Literal["pin"]
    digits: int = Field(default=4, ge=3, le=12)


class Gate(Model):
    lanes: Annotated[
        Lanes, BeforeValidator(lambda value: value if isinstance(value, dict) else {"both": value})
    ] = Lanes(both=1)
    unlock: Duration = 5.0
    service: Distribution | None = None
    readers: tuple[Literal["in", "out"], ...] = ()
    slow: bool = False
    speed: float = 1.0
    known: Annotated[Badge | Pin, Field(discriminator="kind")] | None = None
    guess: Badge | Pin | int | None = None


class Site(Model):
    site: Id
    title: str = ""
    share: Share = 0.0
    gates: dict[Id, Gate] = Field(min_length=1)
    routes: tuple[tuple[Id, ...], ...] = ()


GOOD = """\
site: here   # a comment
gates:
  main-gate: {lanes: 2, unlock: 5 s, readers: [in, out]}
  tower-door:
    service: lognormal median 1.2 s p95 4 s
"""


def report(text: str, **options) -> str:
    with pytest.raises(InputError) as caught:
        read_text(text, Site, name="my.yaml", **options)
    return str(caught.value)


def only(text: str) -> str:
    """The first line of the only mistake, without its file."""
    lines = report(text).split("\n")
    assert lines[-1] == "1 error", lines
    return lines[0].removeprefix("my.yaml:")


def test_a_file_becomes_a_model(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(GOOD)
    site = read(tmp_path / "site.yaml", Site)
    assert site.gates["main-gate"].lanes.both == 2
    assert site.gates["main-gate"].readers == ("in", "out")
    assert (
        site
        == read_text(GOOD, Site)
        == read_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode(), Site)
    )


def test_every_mistake_is_told_at_once_in_order_of_place() -> None:
    assert report(
        """\
site: Here
titel: x
gates:
  main-gate: {lanes: x, unlock: 5 sek, reader: [in]}
  tower-door:
    readers: [in, up]
share: 120 %
"""
    ) == (
        "my.yaml:1:7: error: site: must begin with a small letter, and go on with small letters, digits and dashes"
        " (got 'Here'; did you mean 'here'?)\n"
        "site: Here\n"
        "      ^\n"
        "my.yaml:2:1: error: titel: unknown key 'titel'; did you mean 'title'?\n"
        "titel: x\n"
        "^\n"
        "my.yaml:4:22: error: gates.main-gate.lanes: must be a whole number (got 'x')\n"
        "  main-gate: {lanes: x, unlock: 5 sek, reader: [in]}\n"
        "                     ^\n"
        "my.yaml:4:33: error: gates.main-gate.unlock: unknown unit 'sek'; did you mean 's'?\n"
        "  main-gate: {lanes: x, unlock: 5 sek, reader: [in]}\n"
        "                                ^\n"
        "my.yaml:4:40: error: gates.main-gate.reader: unknown key 'reader'; did you mean 'readers'?\n"
        "  main-gate: {lanes: x, unlock: 5 sek, reader: [in]}\n"
        "                                       ^\n"
        "my.yaml:6:19: error: gates.tower-door.readers[1]: must be one of in, out (got 'up')\n"
        "    readers: [in, up]\n"
        "                  ^\n"
        "my.yaml:7:8: error: share: a share lies between 0 and 1, that is 0 % and 100 % (got '120 %')\n"
        "share: 120 %\n"
        "       ^\n"
        "7 errors"
    )


def test_input_errors_are_value_errors_of_our_own() -> None:
    assert issubclass(InputError, GatebenchError) and issubclass(InputError, ValueError)
    assert str(InputError("there is no scenario 'x'")) == "error: there is no scenario 'x'"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("site: here", "1:1: error: gates: this key is missing"),
        ("sit: here\ngates: {a: {}}", "1:1: error: sit: unknown key 'sit'; did you mean 'site'?"),
        ("site: here\ngates: {}", "2:1: error: gates: must not be empty"),
        ("site: here\ngates:", "2:1: error: gates: nothing is given; must be keys with values"),
        ("site: here\ngates: [a]", "2:1: error: gates: must be keys with values (got a list)"),
        ("site: 7\ngates: {a: {}}", "1:7: error: site: must be text (got 7); put it in quotes"),
        ("site: 1e999\ngates: {a: {}}", "1:7: error: site: must be text (got 1e999); put it in quotes"),
        ("site: here\ngates: {A b: {}}", "2:9: error: gates.A b: must begin with a small letter"),
        (
            "site: here\ngates: {a: {slow: yes}}",
            "2:19: error: gates.a.slow: must be true or false (got 'yes')",
        ),
        ("site: here\ngates: {a: {slow: 1}}", "2:19: error: gates.a.slow: must be true or false (got 1)"),
        ("site: here\ngates: {a: {speed: '1'}}", "2:20: error: gates.a.speed: must be a number (got '1')"),
        ("site: here\ngates: {a: {speed: true}}", "2:20: error: gates.a.speed: must be a number (got true)"),
        ("site: here\ngates: {a: {speed: .inf}}", "2:20: error: gates.a.speed: must be a finite number"),
        (
            "site: here\ngates: {a: {lanes: 2.0}}",
            "2:20: error: gates.a.lanes: must be a whole number (got 2.0)",
        ),
        ("site: here\ngates: {a: {lanes: -1}}", "2:20: error: gates.a.lanes: must be 0 or more (got -1)"),
        (
            "site: here\ngates: {a: {lanes: {in: '1'}}}",
            "2:25: error: gates.a.lanes.in: must be a whole number",
        ),
        (
            "site: here\ngates: {a: {lanes: {inn: 1}}}",
            "2:21: error: gates.a.lanes.inn: unknown key 'inn'; did you",
        ),
        (
            "site: here\ngates: {a: {unlock: 5}}",
            "2:21: error: gates.a.unlock: a duration needs a unit, e.g. '5 s'",
        ),
        ("site: here\ngates: {a: {readers: in}}", "2:22: error: gates.a.readers: must be a list (got 'in')"),
        ("site: here\ngates: {a: {unlock:5 s}}", "'unlock:5 s'; is a space missing after 'unlock:'?"),
        (
            "site: here\ngates: {a: {}}\nroutes: [[a, B]]",
            "3:14: error: routes[0][1]: must begin with a small",
        ),
        ("site: here\ngates: {a: {Slow: true}}", "gates.a.Slow: unknown key 'Slow'; did you mean 'slow'?"),
        (
            "site: here\ngates: {a: {lanes: 1, unlock: 1 s, xyz: 1}}",
            "unknown key 'xyz'; there are: service, readers, slow, speed, known, guess",
        ),
        (
            "site: here\ngates: {a: {service: {lognormal: {median: 1 s, p59: 4 s}}}}",
            "2:48: error: gates.a.service.lognormal.p59: unknown key 'p59'; did you mean 'p95'?",
        ),
        (
            "site: here\ngates: {a: {service: {lognormal: {median: 1 s, p95: 4 m}}}}",
            "2:53: error: gates.a.service.lognormal.p95: unknown unit 'm'; did you mean 'min'?",
        ),
    ],
)
def test_a_mistake_is_told_in_plain_words(text: str, said: str) -> None:
    assert said in only(text)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("{kind: badge, digits: 4}", "gates.a.{}.digits: unknown key 'digits'; there are: bits"),
        ("{kind: pin, digits: 40}", "gates.a.{}.digits: must be 12 or less (got 40)"),
        ("{kind: pin, digits: x}", "gates.a.{}.digits: must be a whole number (got 'x')"),
    ],
)
@pytest.mark.parametrize("key", ["known", "guess"])
def test_of_alternatives_only_the_one_that_was_meant_is_told(key: str, value: str, said: str) -> None:
    found = only(f"site: here\ngates: {{a: {{{key}: {value}}}}}")
    assert said.format(key).partition(";")[0] in found


def test_a_value_that_fits_no_alternative_is_told_what_would() -> None:
    found = only("site: here\ngates: {a: {guess: abc}}")
    assert found == "2:20: error: gates.a.guess: must be keys with values or a whole number (got 'abc')"


def test_keys_that_stand_twice_are_told_with_both_places() -> None:
    text = "site: here\ngates:\n  a: {slow: true, slow: false}\n  a: {}\nsite: there\nshare: 2\n"
    assert [line for line in report(text).split("\n") if "error:" in line] == [
        "my.yaml:3:19: error: gates.a.slow: the key 'slow' stands twice; first at 3:7",
        "my.yaml:4:3: error: gates.a: the key 'a' stands twice; first at 3:3",
        "my.yaml:5:1: error: site: the key 'site' stands twice; first at 1:1",
        "my.yaml:6:8: error: share: a share lies between 0 and 1, that is 0 % and 100 % (got 2); did you mean '2 %'?",
    ]


def test_what_only_shows_between_the_parts_is_told_in_the_same_way() -> None:
    def check(site: Site) -> Iterator[Problem]:
        for number, route in enumerate(site.routes):
            for index, name in enumerate(route):
                if name not in site.gates:
                    yield Problem(("routes", number, index), f"unknown gate {name!r}")
        yield Problem(("gates", "main-gate"), "nobody passes here", on_key=True)
        yield Problem(("gates", "main-gate", "lanes"), "too many")
        yield Problem(("gates", "main-gate", "slow"), "is not said")

    text = GOOD + "routes:\n  - [main-gate, tower]\n"
    assert [line for line in report(text, check=check).split("\n") if "error:" in line] == [
        "my.yaml:3:3: error: gates.main-gate: nobody passes here",
        "my.yaml:3:3: error: gates.main-gate.slow: is not said",
        "my.yaml:3:22: error: gates.main-gate.lanes: too many",
        "my.yaml:7:17: error: routes[0][1]: unknown gate 'tower'",
    ]
    assert read_text(GOOD, Site, check=lambda site: []).site == "here"


def test_a_mistake_in_a_table_is_told_at_its_place_in_the_table(tmp_path: Path) -> None:
    (tmp_path / "waits.csv").write_text("seconds\n1\nx\n")
    path = tmp_path / "site.yaml"
    path.write_text("site: here\ngates:\n  a: {service: empirical waits.csv column seconds, slow: 3}\n")
    with pytest.raises(InputError) as caught:
        read(path, Site)
    assert [str(one).split("\n")[0] for one in caught.value.findings] == [
        f"{path}:3:58: error: gates.a.slow: must be true or false (got 3)",
        f"{tmp_path / 'waits.csv'}:3:1: error: seconds: 'x' is no number",
    ]


def test_a_table_that_is_not_there_is_told_where_it_is_named(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text("site: here\ngates:\n  a: {service: empirical none.csv column seconds}\n")
    with pytest.raises(
        InputError, match=r"site.yaml:3:16: error: gates.a.service: .*none.csv cannot be read: No such"
    ):
        read(path, Site)


def test_the_caret_stands_below_the_mistake_also_behind_chinese() -> None:
    text = "site: here\ngates: {a: {}}\ntitle: {郑州: 1}\n"
    assert report(text).split("\n")[1:3] == ["title: {郑州: 1}", "^"]
    found = report("{site: here, title: '郑州', share: 3, gates: {a: {}}}").split("\n")
    assert found[0].startswith("my.yaml:1:34: error: share:")
    assert found[2].index("^") == 33 + 2 - 0  # each of the two takes two columns
    assert found[1][33] == "3"


def test_of_a_long_line_the_surroundings_are_shown() -> None:
    text = (
        "site: here\ngates: {"
        + ", ".join(f"gate-{number}: {{}}" for number in range(100))
        + ", a: {slow: 3}}\n"
    )
    _, shown, caret, _ = report(text).split("\n")
    assert len(shown) <= 120 and shown[caret.index("^")] == "3"


# ---- YAML


@pytest.mark.parametrize(
    "word", ["on", "no", "y", "12:30", "2021-10-11", "1_000", "0b1", "0o8", "=", "<<", "1.2.3", "08:00:00"]
)
def test_text_stays_text(word: str) -> None:
    assert read_text(f"site: here\ntitle: {word}\ngates: {{a: {{}}}}", Site).title == word


@pytest.mark.parametrize(
    ("number", "value"),
    [("7", 7), ("-7", -7), ("+7", 7), ("007", 7), ("0x1F", 31), ("0o17", 15), ("1e3", 1e3), (".5", 0.5)],
)
def test_numbers_are_those_of_the_core_schema(number: str, value: float) -> None:
    class One(Model):
        value: float

    found = read_text(f"value: {number}", One).value
    assert found == value and type(found) in (int, float)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "error: the file is empty"),
        ("# nothing\n---\n", "error: the file is empty"),
        ("- a\n", "1:1: error: expected keys with values"),
        ("just text", "1:1: error: expected keys with values"),
        ("site: &x here", "1:7: error: anchors (&) are not used here"),
        ("site: here\ntitle: *x", "2:8: error: aliases (*) are not used here"),
        ("site: !!python/object:os.system {}", "1:7: error: tags (!) are not used here"),
        ("site: !!binary aGVyZQ==", "1:7: error: tags (!) are not used here"),
        ("%YAML 1.1\n---\nsite: here", "1:1: error: directives are not used here"),
        ("%TAG ! tag:x,2000:\n---\nsite: here", "1:1: error: directives are not used here"),
        ("site: here\n---\nsite: there", "2:1: error: a second document begins here; a file holds one"),
        ("? [a]: b", "1:3: error: a key is text, not a list or mapping"),
        ("{a: 1}: b", "1:1: error: a key is text, not a list or mapping"),
        ("site: here\n\ttitle: x", "2:1: error: a tab cannot stand here; indent with spaces"),
        ("site: a\0b", "1:8: error: the character U+0000 is not allowed in YAML"),
        ('site: "\\uD800"', "1:7: error: half of a surrogate pair is no character"),
        ('site: "\\U99999999"', "1:5: error: what follows cannot be read as YAML"),
        ('site: "\\q"', "1:9: error: unknown escape '\\q' in double quotes"),
        ("site: 'here\ngates: 1\n", "1:7: error: this quote is not closed"),
        ("site: [a, b\ngates: 1\n", "1:7: error: this '[' is not closed"),
        ("site: {a: {b: 1}\ngates: 1\n", "1:7: error: this '{' is not closed"),
        ("site: a]\nb: ]", "2:4: error: there is nothing that ']' could close"),
        (
            "site: here: there",
            "1:11: error: a second ':' in one value; put text that contains ': ' in quotes",
        ),
        ("site: here\n  title: x", "2:3: error: a key cannot stand here; check the indentation"),
        ("site:here\ntitle: x", "2:1: error: a key cannot stand here; line 1 needs a space after its ':'"),
        ("gates:\n    a: {}\n   b: {}", "3:4: error: this does not line up with the lines above"),
        ("site: here\ntitle", "2:1: error: expected 'key: value'"),
        ("gates:\n-a\n-b: 1", "2:1: error: an entry of a list needs a space after its '-'"),
        ("site: - a", "1:7: error: an entry of a list stands in a line of its own"),
        ("site: %x", "1:7: error: text cannot begin with '%'; put it in quotes"),
        ("site: 'a' b", "1:11: error: the value has ended before this"),
        ("site: |x", "1:7: error: after '|' or '>' the text begins in the next line"),
        ("site: ['a' 'b']", "1:12: error: a comma is missing before this"),
        ("site: " + "9" * 200, "1:7: error: a number of 200 characters"),
        ("site: " + "[" * 50, f"1:{7 + DEPTH - 1}: error: nested more than {DEPTH} deep"),
        ("site: " + "x" * 200_000, "1:7: error: more than 100,000 characters without a space"),
    ],
)
def test_a_slip_in_the_yaml_is_told_where_it_can_be_mended(text: str, said: str) -> None:
    assert only(text).lstrip().startswith(said) or only(text) == f"my.yaml: {said}"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (
            b"site: here\ntitle: caf\xe9\n",
            "my.yaml:2:11: error: byte 0xe9 is not UTF-8; save the file as UTF-8",
        ),
        ("site: 郑\n".encode() + b"\x80", "my.yaml:2:1: error: byte 0x80 is not UTF-8"),
        ("site: here".encode("utf-16"), "my.yaml: error: is UTF-16; save it as UTF-8"),
        (b"#" * (LIMIT + 1), "my.yaml: error: is larger than 500 kB; keep long tables in CSV files"),
    ],
)
def test_bytes_that_are_no_such_text_are_refused(raw: bytes, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read_bytes(raw, Site, name="my.yaml")
    assert str(caught.value).startswith(said)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.yaml", tmp_path / "a\0b"):
        with pytest.raises(InputError, match="cannot be read"):
            read(path, Site)


def _filled(pattern: str, before: str = "", after: str = "") -> str:
    return before + pattern * ((LIMIT - len(before) - len(after)) // len(pattern.encode())) + after


HOSTILE = {
    "brackets": _filled("["),
    "braces": _filled("{"),
    "dashes": _filled("- "),
    "keys": "gates:\n" + "".join(f"  k{number}: {{}}\n" for number in range(100_000))[:400_000],
    "the same key": _filled("a: 1\n"),
    "entries": _filled("1, ", "site: [", "]"),
    "digits": _filled("1", "site: "),
    "words": _filled("a b ", "site: "),
    "quoted words": _filled("x\n ", 'site: "', '"'),
    "lines of text": _filled(" x\n", "site: |\n"),
    "empty lines": _filled("\n", "site: here"),
    "comments": _filled("#\n", "", "site: here"),
    "tags": _filled("!", "site: "),
    "billion laughs": "a: &a [x,x]\n"
    + "".join(f"{b}: &{b} [*{a},*{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
    "unknown keys": "".join(f"k{number}: 1\n" for number in range(12_000)),
    "wrong gates": "site: here\ngates:\n" + "".join(f"  g{n}: {{unlok: 1, slow: x}}\n" for n in range(3000)),
    "wrong durations": "site: here\ngates: {a: {service: {sequence: [" + "1 x, " * 24_000 + "]}}}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_answered_quickly_and_briefly(name: str) -> None:
    begin = time.process_time()
    with pytest.raises(InputError) as caught:
        read_text(HOSTILE[name], Site)
    # Within a second on an idle core; here only what grows with the square of the file is to be caught.
    assert time.process_time() - begin < 8.0
    assert len(caught.value.findings) <= 100 and len(str(caught.value)) < 50_000


# ---- whatever is written


def told(text: str) -> None:
    """Reading ends well or with an InputError whose places lie within the text."""
    try:
        read_text(text, Scenario, name="any.yaml", check=problems)
    except InputError as error:
        lines = re.split(r"\r\n|\r|\n", text.removeprefix("\ufeff"))
        assert error.findings and str(error)
        for one in error.findings:
            assert one.message and one.line <= len(lines)
            assert not one.line or 1 <= one.column <= len(lines[one.line - 1]) + 1
            assert "Input should" not in one.message and "validation error" not in one.message


FOLDER = files("gatebench.scenarios") / "library"
LIBRARY = [(FOLDER / f"{name}.yaml").read_text("utf-8") for name in names()]
PIECES = st.sampled_from(
    [
        "\t",
        "\n",
        " ",
        ": ",
        ":",
        "- ",
        "[",
        "]",
        "{",
        "}",
        "#",
        "&a ",
        "*a",
        "!t ",
        "'",
        '"',
        "|",
        ">",
        "%",
        "@",
        "? ",
        "---\n",
    ]
    + [
        "\0",
        "\ufeff",
        "\u2028",
        "\x85",
        "\r",
        "郑",
        "null",
        "true",
        "0",
        "-1",
        "1e999",
        ".nan",
        "[]",
        "{}",
        "{a: 1}",
        "[1]",
    ]
    + [
        "5",
        "5 s",
        "''",
        "~",
        "1.5",
        "\\",
        "0x1",
        "<<: ",
        "9" * 30,
        "x" * 90,
        "face",
        "main-gate",
        "extends: face-only",
    ]
)


@st.composite
def slips(draw: st.DrawFn) -> str:
    """A scenario of the library with a few slips of the hand."""
    text = draw(st.sampled_from(LIBRARY))
    for _ in range(draw(st.integers(1, 4))):
        begin = draw(st.integers(0, len(text)))
        end = min(len(text), begin + draw(st.sampled_from([0, 0, 1, 3, 10, 60])))
        values = [(match.start(), match.end()) for match in re.finditer(r"(?<=: )[^\n,{}\[\]]+", text)]
        if values and draw(st.booleans()):
            begin, end = draw(st.sampled_from(values))
        text = text[:begin] + draw(PIECES | st.just("")) + text[end:]
    return text


@given(slips())
def test_a_scenario_with_slips_is_read_or_told(text: str) -> None:
    told(text)


@given(st.text(max_size=80) | st.lists(PIECES, max_size=12).map("".join))
def test_any_text_is_read_or_told(text: str) -> None:
    told(text)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_told(raw: bytes) -> None:
    with pytest.raises(InputError):
        read_bytes(raw, Scenario)


VOCABULARY = """
    scenario start duration compound people traffic readers behaviour policies expect portals towers main-gate kind
    lanes holds access accept suspension at in time acquire lognormal
"""
KEYS = st.sampled_from(VOCABULARY.split())
TREES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["5 s", "4 %", "face", "main-gate", "x", "07:00-23:00"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(KEYS, TREES, max_size=6))
def test_any_tree_of_known_keys_is_read_or_told(tree: dict) -> None:
    told(_flow(tree))


def _flow(value: object) -> str:
    """A value as flow YAML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
