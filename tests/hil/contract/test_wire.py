"""What the drivers send, byte for byte, and what they make of each answer. A test fails on what is left over."""

from collections.abc import Callable, Iterator

import pytest

from gatebench.hil import errors
from gatebench.hil.drivers.generic import Generic, Words
from gatebench.hil.drivers.io_box import IoBox
from gatebench.hil.drivers.power_supply import RigolDp800, SiglentSpd, power_supply
from gatebench.hil.drivers.visa import Shared

NO_ERROR = ("SYST:ERR?", '0,"No error"')
RIGOL = ("*IDN?", "RIGOL TECHNOLOGIES,DP832A,DP8B153600499,00.01.16")
SIGLENT = ("*IDN?", "Siglent Technologies,SPD3303X,SPD3XGB4150080,1.01.01.02.05,V3.0")
NONE = ("SYST:ERR?", "0  No Error")
BOX = ("*IDN?", "Somebody,IOBOX,17,1.0")
OPENED = [BOX, NO_ERROR, ("LOCK2?", "1")]


class Wire:
    """A link whose whole conversation is known beforehand."""

    resource = "wire"

    def __init__(self, *conversation: tuple[str, str | None]) -> None:
        self.left, self.closed = list(conversation), False

    def write(self, message: str) -> None:
        assert self.left, f"sent {message!r} after the end of the conversation"
        assert self.left.pop(0) == (message, None)

    def query(self, message: str) -> str:
        assert self.left, f"sent {message!r} after the end of the conversation"
        want, answer = self.left.pop(0)
        assert message == want
        if answer is None:
            raise errors.NoAnswer("no answer", resource=self.resource, sent=message.encode(), received=b"")
        return answer

    def guard(self, safe: object) -> None:
        pass  # this wire outlives its program

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def wire() -> Iterator[Callable[..., Wire]]:
    made: list[Wire] = []

    def make(*conversation: tuple[str, str | None]) -> Wire:
        made.append(Wire(*conversation))
        return made[-1]

    yield make
    for one in made:
        assert one.left == [], "was not sent"


def test_a_rigol_dp800_is_set_switched_measured_and_released(wire):
    link = wire(
        RIGOL, NO_ERROR,
        (":APPL CH2,12,1.5", None), NO_ERROR,
        (":OUTP CH2,ON", None), NO_ERROR, (":OUTP? CH2", "ON"),
        (":MEAS:VOLT? CH2", "11.9987"),
        (":OUTP CH2,OFF", None), NO_ERROR, (":OUTP? CH2", "OFF"),
    )  # fmt: skip
    supply = RigolDp800(link, 2, volts=12, amps=1.5)
    supply.switch_power(True)
    assert supply.rail_volts() == 11.9987
    assert not supply.emulated
    supply.release()
    assert link.closed


def test_a_siglent_spd_tells_its_outputs_by_bits(wire):
    link = wire(
        SIGLENT, NONE,
        ("CH2:VOLT 12", None), NONE, ("CH2:CURR 1.5", None), NONE,
        ("OUTP CH2,ON", None), NONE, ("SYST:STAT?", "0x24"),
        ("SYST:STAT?", "0x14"),
        ("MEAS:VOLT? CH2", "12.001"),
    )  # fmt: skip
    supply = SiglentSpd(link, 2, volts=12, amps=1.5)
    supply.switch_power(True)
    assert not supply.power_on(), "bit 4 is channel 1"
    assert supply.rail_volts() == 12.001


@pytest.mark.parametrize(
    ("identity", "empty", "settings", "kind"),
    [
        (RIGOL, NO_ERROR, [":APPL CH1,5,1"], RigolDp800),
        (SIGLENT, NONE, ["CH1:VOLT 5", "CH1:CURR 1"], SiglentSpd),
    ],
)
def test_the_driver_is_chosen_by_what_the_supply_says(wire, identity, empty, settings, kind):
    setting = [step for setting in settings for step in ((setting, None), empty)]
    link = wire(identity, identity, empty, *setting)
    assert type(power_supply(link, volts=5, amps=1)) is kind


def test_errors_from_before_are_not_ours_and_those_of_a_command_are(wire):
    link = wire(
        RIGOL, ("SYST:ERR?", '-222,"Data out of range"'), NO_ERROR,
        (":APPL CH1,12,1", None), ("SYST:ERR?", '-113,"Undefined header; keyword cannot be found"'), NO_ERROR,
    )  # fmt: skip
    with pytest.raises(errors.Refused) as caught:
        RigolDp800(link, volts=12, amps=1)
    told = str(caught.value)
    assert "wire" in told and ":APPL CH1,12,1" in told and "-113" in told and "firmware" in told


def test_an_output_that_does_not_follow_is_no_release(wire):
    switching = [(":OUTP CH1,OFF", None), NO_ERROR, (":OUTP? CH1", "ON")]
    link = wire(RIGOL, NO_ERROR, (":APPL CH1,12,1", None), NO_ERROR, *switching, *switching)
    supply = RigolDp800(link, volts=12, amps=1)
    with pytest.raises(errors.NotReleased, match="output is on"):
        supply.release()
    assert link.closed


def test_an_error_queue_without_end_is_given_up(wire):
    link = wire(RIGOL, *[("SYST:ERR?", '-100,"Command error"')] * 64)
    with pytest.raises(errors.TooMuch):
        RigolDp800(link, volts=12, amps=1)


@pytest.mark.parametrize("answer", ["", "hello", "a,b", ",,,", "RIGOL TECHNOLOGIES,DS4024,1,1"])
def test_who_is_no_power_supply_is_refused(wire, answer):
    with pytest.raises(errors.WrongAnswer):
        RigolDp800(wire(("*IDN?", answer)), volts=12, amps=1)
    with pytest.raises(errors.WrongAnswer, match="generic"):
        power_supply(wire(("*IDN?", answer)), volts=12, amps=1)


def test_a_channel_that_no_such_supply_has_is_refused_before_anything_is_sent(wire):
    with pytest.raises(ValueError, match="1 to 2"):
        SiglentSpd(wire(), 3, volts=12, amps=1)


def test_the_io_box_plays_and_senses(wire):
    link = wire(
        *OPENED,
        ("CONT2 OPEN", None), NO_ERROR, ("CONT2?", "CLOS"), ("CONT2?", "OPEN"),
        ("EXIT2:PULS 0.5", None), NO_ERROR,
        ("EDGE2:DATA?", "3,EXIT2,1,1000,LOCK2,0,1400,LOCK2,1,6400"), ("EDGE2:LOST?", "0"),
        ("EDGE2:DATA?", "0"), ("EDGE2:LOST?", "0"),
        ("FIRE2 0", None), NO_ERROR, ("FIRE2?", "0"),
        ("EXIT2 REL", None), NO_ERROR, ("EXIT2?", "REL"),
        ("CONT2 CLOS", None), NO_ERROR, ("CONT2?", "CLOS"),
    )  # fmt: skip
    box = IoBox(link, 2)
    box.set_contact(True)
    box.press_exit(0.5)
    assert [edge[:4] for edge in box.lock_edges()] == [
        ("LOCK2", 0, 1_400_000, "wire"),
        ("LOCK2", 1, 6_400_000, "wire"),
    ]
    assert [edge.line for edge in box.driven_edges()] == ["EXIT2"]
    box.release()


@pytest.mark.parametrize("answer", ["1", "2,LOCK2,0,1", "1,LOCK2,7,1", "x", "1,LOCK2,0,1,"])
def test_edges_that_are_none_are_a_wrong_answer(wire, answer):
    box = IoBox(wire(*OPENED, ("EDGE2:DATA?", answer)), 2)
    with pytest.raises(errors.WrongAnswer):
        box.lock_edges()


def test_edges_that_were_lost_are_an_error_not_a_shorter_list(wire):
    box = IoBox(
        wire(*OPENED, ("EDGE2:DATA?", "1,LOCK2,0,1"), ("EDGE2:LOST?", "7"), ("EDGE2:CLE", None), NO_ERROR), 2
    )
    with pytest.raises(errors.TooMuch, match="7 edges"):
        box.lock_edges()


def test_a_door_that_the_box_does_not_have(wire):
    link = wire(BOX, NO_ERROR, ("LOCK9?", None), ("SYST:ERR?", '-114,"Header suffix out of range"'), NO_ERROR)
    with pytest.raises(errors.Refused, match="no door 9"):
        IoBox(link, 9)


def test_a_shared_link_is_closed_by_the_last(wire):
    link = wire(("a", "1"), ("b", "2"))
    shared = Shared(link)
    first, second = shared.user(), shared.user()
    assert first.query("a") == "1"
    first.close()
    first.close()
    assert second.query("b") == "2"
    assert not link.closed
    with pytest.raises(errors.PortLost):
        first.query("a")
    second.close()
    assert link.closed


POWER = {
    "model": "PSU1",
    "actions": {"power on": ["VOLT 12", "OUTP 1"], "power off": ["OUTP 0"]},
    "questions": {
        "power on?": {"send": "OUTP?", "yes": "1", "no": "0"},
        "rail volts?": {"send": "MEAS?", "number": "([-+.0-9E]+) V"},
    },
    "safe": ["power off"],
}


def test_a_generic_instrument_speaks_by_its_words(wire):
    link = wire(
        ("*IDN?", "Acme,PSU1,7,1"), NO_ERROR,
        ("VOLT 12", None), NO_ERROR, ("OUTP 1", None), NO_ERROR, ("OUTP?", "0"), ("OUTP?", "1"),
        ("MEAS?", "+1.2E+01 V"),
        ("OUTP?", "maybe"),
        ("OUTP 0", None), NO_ERROR, ("OUTP?", "0"),
    )  # fmt: skip
    words = Words.model_validate(POWER)
    assert words.roles == {"PowerSwitch"}
    supply = Generic(link, words)
    supply.switch_power(True)
    assert supply.rail_volts() == 12.0
    with pytest.raises(errors.WrongAnswer, match="maybe"):
        supply.power_on()
    with pytest.raises(errors.NotTested, match="contact open"):
        supply.set_contact(True)
    supply.release()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"safe": []}, "safe: says nothing of PowerSwitch"),
        ({"safe": ["power of"]}, "none of the actions"),
        ({"actions": {"power on": ["OUTP 1"]}}, "also needs 'power off'"),
        ({"actions": POWER["actions"] | {"explode": ["X"]}}, "unknown words 'explode'"),
        ({"actions": POWER["actions"] | {"power on": ["é"]}}, "no line of ASCII"),
        ({"questions": POWER["questions"] | {"power on?": {"send": "OUTP?", "yes": "1"}}}, "`yes` and `no`"),
        ({"questions": POWER["questions"] | {"rail volts?": {"send": "M?", "number": "x"}}}, "no group"),
        ({"questions": POWER["questions"] | {"rail volts?": {"send": "M?", "number": "("}}}, "no regular"),
        ({"emulated": False}, "emulated"),
        ({"actions": {}, "questions": {}, "safe": []}, "no role"),
    ],
)
def test_words_that_do_not_make_a_driver_are_refused(change, said):
    with pytest.raises(ValueError, match=said):
        Words.model_validate(POWER | change)
