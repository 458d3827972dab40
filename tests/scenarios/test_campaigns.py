"""Campaigns, cutovers and exceptions beside their scenario: what cannot be is named with its place and the way out."""

from __future__ import annotations

import pytest

from gatebench.scenarios.checks import problems
from gatebench.scenarios.enrolment import Campaign, with_changes
from gatebench.scenarios.errors import InputError
from gatebench.scenarios.reading import read_text
from gatebench.scenarios.scenario import Scenario

TEXT = """
scenario: road
start: 2019-12-02T00:00 Asia/Shanghai
duration: 1 d
compound:
  towers: {count: 1, floors: 6, flats: 4}
  portals: {gate: {kind: swing-door, readers: [in]}}
  routes: [[gate]]
people:
  owner: {share: 70 %, holds: [card, face], face: PENDING}
  refuser: {share: 30 %, holds: [card, registration-card], face: refused}
  dog: {share: 0 %, holds: [card]}
  builder: {holds: [card]}
traffic: {residents: occupancy/calendar}
enrolment: ENROLMENT
policies:
  it:
    access: [{accept: [face, card, registration-card at guard]}]
    guard: {}
    POLICY
"""
GOOD = "{face: {notice: {at: 2019-11-28T08:00}}}"


def mistakes(policy: str = "title: it", enrolment: str = GOOD, pending: str = "pending") -> list[str]:
    text = TEXT.replace("POLICY", policy).replace("ENROLMENT", enrolment).replace("PENDING", pending).lstrip()
    try:
        read_text(text, Scenario, name="road.yaml", check=problems)
    except InputError as error:
        return [line for line in str(error).split("\n") if "error:" in line]
    return []


@pytest.mark.parametrize(
    "policy",
    [
        "title: it",
        "cutover: {at: 2019-12-02T08:00, old: card, new: face}",
        "cutover: {at: 2019-12-02T00:00, old: card, new: face}",
        "cutover: {at: 2019-12-02T08:00, old: card, new: face, until: 2020-12-09T08:00}",
        "cutover: {at: 2019-11-01T08:00, old: card, new: face, until: 2019-12-02T08:00}",
        "exceptions: {who: refuser, accept: card, from: 2019-12-02T08:00}",
        "exceptions: {who: refuser, accept: registration-card at guard, until: 2019-12-02T08:00}",
        "exceptions: {who: refuser, accept: []}",
        "exceptions: {who: [refuser, dog], accept: [face, card]}",
        "exceptions: {who: refuser, accept: guard}",
        "exceptions: {who: owner, accept: face}",
        "enrolment: {face: {desk: {posts: 4}}}",
    ],
)
def test_what_can_be_is_no_mistake(policy: str) -> None:
    assert mistakes(policy) == []


RUN = "2019-12-02T00:00 to 2019-12-03T00:00"


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("cutover: {at: 2019-12-03T00:00, old: card, new: face}",
         f"policies.it.cutover.at: no instant of this cutover lies within the run, {RUN}; move it, or the new credential would never count"),
        ("cutover: {at: 2019-11-01T00:00, old: card, new: face}",
         f"policies.it.cutover.at: no instant of this cutover lies within the run, {RUN}; move it, or it is over when the run begins"),
        ("cutover: [{at: 2019-12-02T08:00, old: card, new: face}, {at: 2019-11-01T00:00, old: pin, new: face, until: 2020-01-01T00:00}]",
         f"policies.it.cutover[1].at: no instant of this cutover lies within the run, {RUN}; move it, or both credentials count"),
        ("exceptions: {who: dog, accept: card}", "policies.it.exceptions.who: an exception for nobody: no 'dog' ever comes"),
        ("exceptions: {who: builder, accept: card}", "policies.it.exceptions.who: an exception for nobody: no 'builder' ever comes"),
        ("exceptions: [{who: owner, accept: card}, {who: refuser, accept: face}]",
         "policies.it.exceptions[1].accept: an exception for nobody: none of 'refuser' holds 'face'; they hold: card, registration-card"),
        ("exceptions: {who: owner, accept: registration-card at guard}",
         "policies.it.exceptions.accept: an exception for nobody: none of 'owner' holds 'registration-card at guard'; they hold: card, face"),
        ("exceptions: {who: refuser, accept: card, from: 2019-12-03T00:00}",
         f"policies.it.exceptions.from: begins only when the run is over ({RUN})"),
        ("exceptions: {who: refuser, accept: card, until: 2019-12-01T00:00}",
         f"policies.it.exceptions.until: is over before the run begins ({RUN})"),
        ("exceptions: {who: refuser, accept: card, from: 2019-12-02T09:00, until: 2019-12-02T08:00}",
         "'until' must lie behind 'from'"),
        ("enrolment: {face: {desk: {until: 2019-11-20T00:00}}}",
         "policies.it.enrolment.face: the desk closes for good (2019-11-20T00:00) before it opens (2019-11-28T08:00)"),
        ("enrolment: {face: {desk: {portal: gte}}}", "policies.it.enrolment.face.desk.portal: unknown portal 'gte'; did you mean 'gate'?"),
        ("enrolment: {faces: {}}", "policies.it.enrolment"),
        ("enrolment: {face: {documents: 120 %}}", "a share lies between 0 and 1"),
        ("enrolment: {face: {desk: {hours: 9-17}}}", "policies.it.enrolment.face.desk.hours"),
    ],
)  # fmt: skip
def test_a_mistake_of_a_policy_is_named_with_its_place(policy: str, said: str) -> None:
    (line,) = mistakes(policy)
    assert said in line


@pytest.mark.parametrize(
    ("enrolment", "pending", "said"),
    [
        (GOOD, "enrolled", "enrolment.face: a campaign for nobody: no group's face is 'pending'"),
        ("{fingerprint: {notice: {at: 2019-11-28T08:00}}}", "pending", "enrolment.fingerprint: a campaign for nobody"),
        ("{face: {comes: 2 d}}", "pending", "enrolment.face: when? Give 'notice: {at: ...}', 'desk: {from: ...}', or both"),
        ("{face: {notice: {at: 2019-12-28T08:00}}}", "pending", f"the desk opens (2019-12-28T08:00) only when the run is over ({RUN})"),
        ("{face: {desk: {from: 2019-12-01T00:00, until: 2019-11-01T00:00}}}", "pending", "as it stands the desk never opens"),
        ("{face: {desk: {posts: 0}, notice: {at: 2019-11-28T08:00}}}", "pending", "enrolment.face.desk.posts"),
    ],
)  # fmt: skip
def test_a_mistake_of_a_campaign_is_named_with_its_place(enrolment: str, pending: str, said: str) -> None:
    (line,) = mistakes(enrolment=enrolment, pending=pending)
    assert said in line


def test_masks_and_ageing_are_for_bodies() -> None:
    text = TEXT.replace("POLICY", "title: it").replace("ENROLMENT", GOOD).replace("PENDING", "pending")
    for wrong in ("masked: {share: 30 %}", "ageing: {template_age: 30 d}"):
        with pytest.raises(InputError, match="belongs to biometrics"):
            read_text(f"{text}readers: {{card: {{{wrong}}}}}\n", Scenario, check=problems)
    with pytest.raises(InputError, match="either 'times' or"):
        wrong = "{face: {masked: {share: 30 %, times: 3, false_non_identification: 5 %}}}"
        read_text(f"{text}readers: {wrong}\n", Scenario, check=problems)


def test_a_policy_changes_the_parts_that_it_names_and_no_others() -> None:
    common = Campaign.model_validate(
        {
            "notice": {"at": "2019-11-28T08:00", "reaches": 0.9},
            "desk": {"posts": 2, "from": "2019-11-29T09:00"},
            "documents": 0.8,
        }
    )
    changed = with_changes(
        common, Campaign.model_validate({"notice": {"at": "2019-11-01T08:00"}, "desk": {"posts": 5}})
    )
    assert changed is not None
    assert str(changed.notice.at) == "2019-11-01T08:00" and changed.notice.reaches == 0.9
    assert changed.desk.posts == 5 and str(changed.desk.begin) == "2019-11-29T09:00"
    assert changed.documents == 0.8 and changed.failure_to_enrol == 0.0
    assert with_changes(common, None) is common and with_changes(None, common) is common
