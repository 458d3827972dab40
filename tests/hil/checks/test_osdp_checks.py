"""The checks pass our own devices, find the known defects of libosdp, and those of our devices when they are made unsound.

The checks themselves have limits of time, which are those of the standard and a hundred times what our devices need.
"""

import pytest

from gatebench.fixtures.devices.start import start
from gatebench.hil import errors
from gatebench.hil.checks import osdp_reader
from gatebench.hil.checks.osdp_panel import PanelChecks
from gatebench.hil.checks.osdp_reader import ReaderChecks
from gatebench.hil.checks.probe import Probe, Trial
from gatebench.hil.drivers.osdp_line import OsdpLine
from gatebench.hil.drivers.osdp_panel import OsdpPanel
from gatebench.hil.drivers.osdp_reader import OsdpReader
from gatebench.hil.osdp import checks
from gatebench.hil.osdp import commands as c
from gatebench.hil.osdp.frame import Frame
from gatebench.hil.port.line import Line
from gatebench.hil.verdicts import Verdict

ADDRESS = 101
KEY = bytes(range(16))


def verdicts(results) -> dict[str, Verdict]:
    return {one.id: one.verdict for one in results}


def test_each_check_is_listed_once_and_runs_by_its_id():
    listed = [check.id for check in (*checks.READER, *checks.PANEL)]
    assert len(set(listed)) == len(listed)
    assert set(ReaderChecks(None)._checks) == {check.id for check in checks.READER}
    assert set(PanelChecks(type("Reader", (), {"line": None}))._checks) == {
        check.id for check in checks.PANEL
    }


def test_our_reader_passes_every_check(stack):
    device = stack.enter_context(start("reader", "--latency", "0"))
    with Probe(Line("reader", device.pty)) as probe:
        results = verdicts(ReaderChecks(probe).run())
    assert results.pop("gb-osdp-nonce-restart") is Verdict.NOT_TESTED
    assert set(results.values()) == {Verdict.PASS}, results


def test_a_libosdp_reader_loses_fragments_and_repeats_its_nonces(joined, foreign):
    left, right = joined()
    peer = foreign("pd", right)
    with Probe(Line("reader", left), ADDRESS) as probe:
        sound = ["060-03-01", "060-04-01", "060-17-01", "050-09-17", "gb-osdp-nonce"]
        defects = ["gb-osdp-fragmented", "gb-osdp-nonce-restart"]
        found = ReaderChecks(probe, restart=peer.restart).run([*sound, *defects])
    assert verdicts(found) == dict.fromkeys(sound, Verdict.PASS) | dict.fromkeys(defects, Verdict.FAIL)
    assert all(one.evidence for one in found)


def test_a_reader_with_another_key_is_not_judged_by_ours(stack):
    device = stack.enter_context(start("reader", "--key", KEY.hex()))
    with Probe(Line("reader", device.pty)) as probe:
        ids = ["060-17-01", "gb-osdp-nonce", "gb-osdp-cryptogram"]
        assert set(verdicts(ReaderChecks(probe).run(ids)).values()) == {Verdict.NOT_TESTED}
        assert set(verdicts(ReaderChecks(probe, key=KEY).run(ids)).values()) == {Verdict.PASS}
        assert verdicts(ReaderChecks(probe, key=bytes(16)).run(ids[:1])) == {ids[0]: Verdict.FAIL}


def test_a_late_reader_fails_unless_it_was_the_host(stack):
    device = stack.enter_context(start("reader", "--latency", "0.25"))
    with Probe(Line("reader", device.pty)) as probe:
        found = ReaderChecks(probe).run(["050-07-01", "060-03-01"])
        assert verdicts(found) == {"050-07-01": Verdict.FAIL, "060-03-01": Verdict.PASS}
        checked = ReaderChecks(probe)
    trial = Trial(b"", 0, 0, ((250_000_000, b"x"),), Frame(0, 0, 0x40, reply=True), stalled=True)
    times = [(250_000_000, 250_000_000, trial)]
    assert checked._timed("050-07-01", times, 0.2, "after").verdict is Verdict.INDETERMINATE
    on_line = [(250_000_000, 150_000_000, trial._replace(stalled=False))]
    assert checked._timed("050-07-01", on_line, 0.2, "after").verdict is Verdict.INDETERMINATE


def test_gaps_within_a_reply_are_found(stack, monkeypatch):
    monkeypatch.setattr(osdp_reader, "TRIALS", 3)
    device = stack.enter_context(start("reader"))
    tap = stack.enter_context(start("line_tap", "--right", device.pty, "--baud", "300"))
    with Probe(Line("reader", tap.told["left"], 300)) as probe:
        # 33 ms a byte: a rate that OSDP does not have
        results = (
            verdicts(ReaderChecks(probe).run(["050-08-01"])) if probe.ask(c.Id(), within=3).reply else {}
        )
    assert results == {"050-08-01": Verdict.FAIL}


def test_nobody_there_is_an_error_and_no_verdict(stack, joined):
    left, right = joined()
    with Probe(Line("reader", left), ADDRESS) as probe, pytest.raises(errors.NoAnswer, match="101"):
        ReaderChecks(probe).run(["060-03-01"])
    reader = stack.enter_context(OsdpReader(OsdpLine(Line("panel", right)), ADDRESS))
    with pytest.raises(errors.NoAnswer, match="polls"):
        PanelChecks(reader, patience=0.1).run(["gb-osdp-poll"])


def test_our_panel_passes_every_check(joined):
    left, right = joined("--baud", "9600")
    with OsdpReader(OsdpLine(Line("panel", right)), ADDRESS) as reader:
        line = OsdpLine(Line("reader", left))
        with OsdpPanel(line, ADDRESS, default_key=True, character=10 / 9600, patience=10) as panel:
            long = PanelChecks(reader, provoke=lambda: panel.exchange(c.Text(b"x" * 100)))
            results = verdicts(long.run())
    assert results.pop("gb-osdp-panel-nonce-restart") is Verdict.NOT_TESTED
    assert set(results.values()) == {Verdict.PASS}, results


def test_a_panel_whose_timer_does_not_know_the_line_is_found(stack, joined):
    left, right = joined("--baud", "9600")
    reader = stack.enter_context(OsdpReader(OsdpLine(Line("panel", right)), ADDRESS))
    panel = stack.enter_context(OsdpPanel(OsdpLine(Line("reader", left)), ADDRESS, patience=10))
    found = PanelChecks(reader, provoke=lambda: panel.exchange(c.Text(b"x" * 100)))
    assert verdicts(found.run(["gb-osdp-reply-timer"])) == {"gb-osdp-reply-timer": Verdict.FAIL}


def test_a_libosdp_panel_loses_fragments_gives_up_after_a_bad_crc_and_repeats_its_nonces(joined, foreign):
    left, right = joined()
    peer = foreign("cp", left)
    with OsdpReader(OsdpLine(Line("panel", right)), ADDRESS, key=KEY) as reader:
        checked = PanelChecks(reader, restart=peer.restart, patience=2)
        sound = ["gb-osdp-poll", "gb-osdp-late-reply"]
        assert verdicts(checked.run(sound)) == dict.fromkeys(sound, Verdict.PASS)
        defects = ["gb-osdp-panel-nonce-restart", "gb-osdp-fragmented-reply"]
        assert verdicts(checked.run(defects)) == dict.fromkeys(defects, Verdict.FAIL)
        peer.restart()
        assert verdicts(checked.run(["050-09-16"])) == {"050-09-16": Verdict.FAIL}
        assert verdicts(checked.run(["gb-osdp-poll"])) == {"gb-osdp-poll": Verdict.NOT_TESTED}
