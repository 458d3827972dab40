"""Faces imaged, and templates kept."""

import pytest


def test_captures_without_consent_count_who_said_no_and_who_was_never_asked(story):
    told = story("0 ann capture\n 1 eve capture\n 2 tom capture\n 3 - capture\n 4 ann capture")
    assert told.tells("captures", "captures.without_consent") == [5, 3]
    assert told.tells("captures", "captures.without_consent", kind="group", id="refuser") == [1, 1]


def days(story, text, **said):
    """Template days, of Ann and Bob who are enrolled and Eve and Tom who are not, in a run of ten days."""
    (figure,) = story(text, duration=864_000.0, **said).tells("template_days")
    return figure


def test_templates_are_kept_all_the_time(story):
    assert days(story, "0 ann arrive") == pytest.approx(20)
    assert days(story, "0 ann arrive", warm_up=86_400.0) == pytest.approx(18)


def test_enrolment_and_deletion_during_the_run(story):
    text = """
        86400   eve  enrol
        86401   eve  enrol
        172800  ann  withdraw
        259200  ann  delete
        259300  ann  delete
        432000  eve  delete
        518400  eve  enrol
    """
    # Bob 10, Ann until day 3 (withdrawing alone deletes nothing), Eve days 1 to 5 and 6 to 10.
    assert days(story, text) == pytest.approx(10 + 3 + 4 + 4)
    assert days(story, text, warm_up=172_800.0) == pytest.approx(8 + 1 + 3 + 4)


def test_template_days_of_a_group_but_not_of_a_portal(story):
    told = story("0 ann arrive", duration=864_000.0)
    assert told.tells("template_days", kind="group", id="resident") == [pytest.approx(20)]
    assert told.tells("template_days", kind="group", id="refuser") == [0.0]
    for kind, id in (
        ("portal", "main-gate"),
        ("hour", "07"),
        ("direction", "in"),
        ("group@portal", "resident@main-gate"),
    ):
        (figure,) = told.tells("template_days", kind=kind, id=id)
        assert figure.why == "templates are kept for the whole place and all day"
