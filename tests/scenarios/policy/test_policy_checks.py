"""Mistakes of a policy beside its scenario, and the policies of the documentation."""

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError
from ruamel.yaml import YAML

from gatebench.scenarios.policy.checks import Surroundings, problems
from gatebench.scenarios.policy.document import FaultName, PolicyDocument, PolicyFile, resolved
from gatebench.scenarios.policy.means import Means, parse_means
from gatebench.scenarios.policy.state import Fault, Reason

AROUND = Surroundings(
    portals={
        "main-gate": ("in", "out"), "garage-ramp": ("in", "out"), "tower-door": ("in",), "outer-door": ("in",),
        "inner-door": ("in",),
    },
    groups={"resident": ("face", "card"), "refuser": ("card", "registration-card"), "courier": ()},
    credentials=("face", "card", "pin", "registration-card", "fingerprint"),
)  # fmt: skip
DOCS = Path(__file__).parents[3] / "docs" / "policy.md"


def found(**policies: dict[str, Any]) -> list[tuple[str, str]]:
    documents = {id.replace("_", "-"): PolicyDocument.model_validate(text) for id, text in policies.items()}
    return [(".".join(map(str, one.loc)), one.message) for one in problems(documents, AROUND)]


def mistake(**document: Any) -> tuple[str, str]:
    """The one mistake of a policy, with its place in it."""
    document.setdefault("access", [{"accept": ["face", "card"]}])
    ((loc, message),) = found(p=document)
    return loc.removeprefix("policies.p").lstrip("."), message


ZHENGZHOU: dict[str, dict[str, Any]] = {
    "face_only": {"access": [{"accept": "face"}], "suspension": {"after": 3, "lasts": "60 s"}},
    "face_or_card": {"extends": "face-only", "access": [{"accept": ["face", "card"]}]},
    "exception": {
        "extends": "face-only",
        "access": [
            {"who": "refuser", "hours": "07:00-23:00", "accept": ["face", "registration-card at guard"]}
        ],
        "guard": {"hours": "07:00-23:00", "takes": "20 s"},
    },
}


def test_sound_policies_have_no_mistakes() -> None:
    assert not found(**ZHENGZHOU)


@pytest.mark.parametrize(
    ("document", "loc", "message"),
    [
        ({"access": [{"who": "refusers", "accept": "face"}]}, "access.0.who", "unknown group 'refusers'; did you mean 'refuser'?"),
        ({"access": [{"who": ["refuser", "xx"], "accept": "face"}]}, "access.0.who.1",
         "unknown group 'xx'; there are: courier, refuser, resident"),
        ({"access": [{"at": "maingate", "accept": "face"}]}, "access.0.at", "unknown portal 'maingate'; did you mean 'main-gate'?"),
        ({"guard": {"at": "gate"}}, "guard.at", "unknown portal 'gate'; did you mean 'main-gate'?"),
        ({"fire": {"releases": ["main-gate", "zz"]}}, "fire.releases.1", "unknown portal 'zz'; there are: "),
        ({"interlock": [["outer-door", "iner-door"]]}, "interlock.0.1", "unknown portal 'iner-door'; did you mean 'inner-door'?"),
        ({"interlock": [["outer-door", "outer-door"]]}, "interlock.0", "names a portal twice"),
        ({"faults": {"power-cut": [{"rule": "deny", "at": "ramp"}, "release"]}}, "faults.power-cut.0.at", "unknown portal 'ramp'"),
        ({"anti_passback": {"kind": "soft", "at": ["tower"]}}, "anti_passback.at", "unknown portal 'tower'; did you mean"),
        ({"cutover": {"at": "2021-10-11T08:00", "old": "cart", "new": "face"}}, "cutover.old",
         "unknown credential 'cart'; did you mean 'card'?"),
        ({"access": [{"accept": ["face", "cards"]}]}, "access.0.accept.1", "unknown credential 'cards'; did you mean 'card'?"),
        ({"access": [{"accept": ["card + fingerprint"]}]}, "access.0.accept", "nobody holds 'fingerprint'"),
        ({"access": [{"accept": ["face", "face"]}]}, "access.0.accept.1", "'face' stands twice"),
        ({"access": []}, "", "no rule under 'access': nobody could pass"),
        ({"access": [{"accept": "face"}, {"who": "refuser", "accept": "card"}]}, "access.1", "never asked: access[0] answers before it"),
        ({"access": [{"hours": "06:00-18:00", "accept": "face"}, {"hours": "17:00-07:00", "accept": "card"},
                     {"hours": "12:00-20:00", "at": "main-gate", "accept": "card"}]},
         "access.2", "never asked: access[0] and access[1] answer before it"),
        ({"access": [{"at": "tower-door", "direction": "out", "accept": "face"}]}, "access.0.direction",
         "never asked: tower-door has no reader on the way out, so passing there is free"),
        ({"access": [{"accept": ["face", "card at guard"]}]}, "access.0.accept.1", "'card at guard' needs a guard, and none is on duty"),
        ({"access": [{"hours": "23:00-07:00", "accept": "guard"}], "guard": {"hours": "07:00-23:00"}}, "access.0.accept",
         "'guard' needs a guard, and none is on duty where and when this rule holds"),
        ({"anti_passback": {"at": ["outer-door", "tower-door"]}}, "anti_passback.at",
         "no portal of the area has a reader on the way out: whoever went in once could never go in again"),
        ({"anti_passback": [{"at": ["main-gate"]}, {"at": ["garage-ramp", "main-gate"]}]}, "anti_passback.1.at.1",
         "'main-gate' bounds two areas"),
        ({"exceptions": {"who": "refusers", "accept": "card"}}, "exceptions.who", "unknown group 'refusers'; did you mean 'refuser'?"),
        ({"exceptions": [{"accept": "card"}, {"at": "gate", "accept": "face"}]}, "exceptions.1.at", "unknown portal 'gate'"),
        ({"exceptions": [{"accept": "carts"}]}, "exceptions.accept", "unknown credential 'carts'; did you mean 'card'?"),
        ({"exceptions": [{"at": "tower-door", "direction": "out", "accept": "card"}]}, "exceptions.direction",
         "never asked: tower-door has no reader on the way out"),
        ({"exceptions": [{"accept": "card at guard"}]}, "exceptions.accept", "'card at guard' needs a guard"),
        ({"egress": {"free": ["main-gate", "tower-door"]}}, "egress.free.1", "'tower-door' has no reader on the way out"),
        ({"egress": {"free": "gate"}}, "egress.free", "unknown portal 'gate'; did you mean 'main-gate'?"),
        ({"egress": {"free": "main-gate"}, "access": [{"at": "main-gate", "direction": "out", "accept": "face"}, {"accept": "card"}]},
         "access.0.direction", "never asked: main-gate has no reader on the way out"),
        ({"hold_open": {"at": "man-gate", "hours": "07:00-09:00"}}, "hold_open.at", "unknown portal 'man-gate'; did you mean"),
        ({"patrol": [{"every": "4 h"}, {"at": "gate", "every": "1 h"}]}, "patrol.1.at", "unknown portal 'gate'"),
        ({"maintenance": {"at": "gate", "every": "1 d"}}, "maintenance.at", "unknown portal 'gate'"),
        ({"gives_up": [{"at": "main-gate", "after": 5}, {"at": ["garage-ramp", "main-gate"], "after": 9}]}, "gives_up.1.at.1",
         "'main-gate' is given up by two rules"),
        ({"lanes": {"gate": 2}}, "lanes.gate", "unknown portal 'gate'"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(document: dict[str, Any], loc: str, message: str) -> None:
    place, text = mistake(**document)
    assert place == loc
    assert text.startswith(message)


@pytest.mark.parametrize(
    "rules",
    [
        [{"who": ["resident", "refuser", "courier"], "accept": "face"}, {"accept": "card"}],
        [{"hours": "06:00-18:00", "accept": "face"}, {"hours": "17:00-18:01", "accept": "card"}],
        [{"at": "main-gate", "accept": "face"}, {"at": ["main-gate", "tower-door"], "accept": "card"}],
        [{"direction": "in", "accept": "face"}, {"accept": "card"}],
        [{"accept": []}],
    ],
)
def test_a_rule_that_may_be_asked_is_no_mistake(rules: list[dict[str, Any]]) -> None:
    assert not found(p={"access": rules})


def test_parents_that_are_not_there_and_circles() -> None:
    rules = [{"accept": "face"}]
    ring = {
        id: {"extends": parent, "access": rules}
        for id, parent in (("a", "b"), ("b", "a"), ("c", "a"), ("d", "d"))
    }
    assert found(**ring) == [
        ("policies.a.extends", "extends itself: a -> b -> a"),
        ("policies.b.extends", "extends itself: b -> a -> b"),
        ("policies.d.extends", "extends itself: d -> d"),
    ]
    assert found(**ZHENGZHOU, x={"extends": "face-onli"}) == [
        ("policies.x.extends", "unknown policy 'face-onli'; did you mean 'face-only'?")
    ]


def test_a_child_goes_before_its_parent_and_inherits_what_it_does_not_say() -> None:
    documents = {
        "a": PolicyDocument.model_validate(
            {"access": [{"accept": "face"}], "wrong_try_alarm": 5, "title": "A"}
        ),
        "b": PolicyDocument.model_validate(
            {"extends": "a", "access": [{"accept": "card"}], "suspension": {"after": 2}}
        ),
        "c": PolicyDocument.model_validate({"extends": "b", "wrong_try_alarm": 7}),
    }
    whole = resolved("c", documents)
    assert [rule.accept for rule in whole.access] == [(Means(("card",)),), (Means(("face",)),)]
    assert (whole.wrong_try_alarm, whole.extends, whole.title) == (7, None, "")
    assert whole.suspension is not None and whole.suspension.after == 2
    assert resolved("a", documents) is documents["a"]
    with pytest.raises(ValueError, match="which is not there"):
        resolved("c", {"c": documents["c"]})


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("card", Means(("card",))),
        (" card+pin ", Means(("card", "pin"))),
        ("registration-card  at guard", Means(("registration-card",), "guard")),
        ("guard", Means(("guard",), "guard")),
    ],
)
def test_means_are_read_and_written(text: str, means: Means) -> None:
    assert parse_means(text) == means
    assert parse_means(str(means)) == means


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Card", "cannot read 'Card'; write it like"),
        (7, "cannot read 7; write it like"),
        ("card at gate", "credentials are shown to a reader, or 'at guard'"),
        ("card + card", "names a credential twice"),
        ("guard + card", "write 'card at guard' instead"),
        ("x" * 300, "cannot read 'xxx"),
        ("card or pin", "cannot read"),
    ],
)
def test_means_that_cannot_be_read(text: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        parse_means(text)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"suspension": {"after": 0}}, "greater than or equal to 1"),
        ({"suspension": {"lasts": "0 s"}}, "greater than 0"),
        ({"anti_passback": {"kind": "timed", "at": "g"}}, "needs 'lasts'"),
        ({"anti_passback": {"kind": "soft", "at": "g", "lasts": "5 s"}}, "belongs to 'kind: timed'"),
        ({"cutover": {"at": "2021-10-11T08:00", "old": "card", "new": "card"}}, "the same credential"),
        (
            {
                "cutover": {
                    "at": "2021-10-11T08:00",
                    "old": "card",
                    "new": "face",
                    "until": "2021-10-11T07:00",
                }
            },
            "lies before",
        ),
        ({"access": [{"who": [], "accept": "face"}]}, "the list is empty"),
        (
            {"exceptions": {"accept": "card", "from": "2021-10-12T08:00", "until": "2021-10-12T08:00"}},
            "the exception never holds",
        ),
        ({"enrolment": {"card": {}}}, "fingerprint"),
        ({"hold_open": {"at": "g", "hours": []}}, "the list is empty"),
        ({"hold_open": {"at": "g"}}, "Field required"),
        ({"patrol": {"every": "0 s"}}, "greater than 0"),
        ({"gives_up": {"at": "g", "after": 0}}, "greater than or equal to 1"),
        ({"gives_up": {"at": "g", "after": 3, "calls": ["police", "police"]}}, "names 'police' twice"),
        (
            {"gives_up": {"at": "g", "after": 3, "calls": "neighbour"}},
            "'management', 'host', 'hotline' or 'police'",
        ),
        ({"access": [{"who": "resident"}]}, "Field required"),
        ({"interlock": [["a-door"]]}, "two portals or more"),
        ({"faults": {"network-down": []}}, "the list is empty"),
        ({"faults": {"network-gone": "deny"}}, "network-down"),
    ],
)
def test_documents_that_cannot_be(document: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(message)):
        PolicyDocument.model_validate(document)


def test_the_words_are_the_same_everywhere() -> None:
    assert set(TypeAdapter(FaultName).json_schema()["enum"]) == {str(fault) for fault in Fault}
    text = DOCS.read_text("utf-8")
    of_devices = {Reason.DEVICE, Reason.NO_ANSWER}  # what a policy never answers
    assert [word for word in (*Reason, *Fault) if word not in of_devices and f"`{word}`" not in text] == []


def test_every_policy_of_the_documentation_is_sound() -> None:
    examples = re.findall(r"^```yaml\n(.*?)^```", DOCS.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert len(examples) >= 5
    for text in examples:
        policies = YAML(typ="safe", pure=True).load(text)["policies"]
        documents = {id: PolicyDocument.model_validate(plain(document)) for id, document in policies.items()}
        assert not list(problems(documents, AROUND))


def plain(value: Any) -> Any:
    """As the loader reads: dates stay text."""
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [plain(entry) for entry in value]
    return value.isoformat(timespec="minutes") if hasattr(value, "isoformat") else value


def test_a_policy_may_be_a_file_of_its_own() -> None:
    assert PolicyFile.model_validate({"policy": "mine", "access": [{"accept": "face"}]}).policy == "mine"
