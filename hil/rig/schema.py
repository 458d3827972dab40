"""What a rig file says: instruments and lines, which driver owns which, and what each does at the door under test. Inert."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import (
    ConfigDict,
    Field,
    PrivateAttr,
    SerializeAsAny,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from ...scenarios.errors import InputError
from ...scenarios.model import Model
from ...scenarios.spelling import unknown
from ...scenarios.units import Id
from ..camera.address import Address, parse
from ..errors import PortMissing, PortUnfit
from ..port.line import Line
from . import drivers
from .address import CameraAddress, Device, HostPort, VisaAddress, line_device, visa_address
from .options import Options, read_options, wrong
from .twins import TWINS, AccessServerOptions, ControllerOptions, TwinOptions

KINDS = ("serial", "visa", "tcp", "camera", "twin")
"""Kinds of resources."""
BAUDRATE = 9600
SILENCE = 5.0
"""Seconds without a word after which emulated controllers and servers count their line as cut, unless told otherwise."""
SHORTEST = 2.0
"""The same where timers run faster: less, and a process that is kept from running for a moment would seem cut off."""


class Calibration(Model):
    """When an instrument was held against a better one."""

    certificate: str
    """Its number, or where it lies."""
    due: date | None = None
    """By when it is due again."""

    @field_validator("due", mode="before")
    @classmethod
    def _date(cls, value: Any) -> Any:
        if isinstance(value, str):
            try:
                return date.fromisoformat(value.strip())
            except ValueError:
                raise ValueError(f"{value!r} is no date; write it as 2027-03-01") from None
        raise ValueError(f"must be a date such as 2027-03-01 (got {value!r})")


class Resource(Model):
    """A line, an address, a camera, or an emulated device that is started with the rig: one of the first five keys."""

    serial: Device | None = None
    """Path (/dev/ttyUSB0), usb:SERIAL, usb-path:1-1.2, socket://HOST:PORT, or twin:TAP.left."""
    visa: VisaAddress | None = None
    """Such as ASRL/dev/ttyUSB0::INSTR or TCPIP::HOST::PORT::SOCKET."""
    tcp: HostPort | None = None
    camera: CameraAddress | None = None
    """rtsp://HOST/PATH, http://HOST/PATH (MJPEG), /dev/video0, path of a file, or twin:NAME, twin:NAME.mjpeg."""
    twin: Annotated[str | None, WithJsonSchema({"enum": sorted(TWINS)})] = None
    """Name of an emulated device (docs/devices.md)."""
    options: Annotated[
        SerializeAsAny[Options] | None, WithJsonSchema({"type": "object", "additionalProperties": True})
    ] = None
    """Of the twin."""
    baudrate: Annotated[int, Field(gt=0)] = BAUDRATE
    bytesize: Literal[5, 6, 7, 8] = 8
    parity: Literal["N", "E", "O", "M", "S"] = "N"
    stopbits: Literal[1, 2] = 1
    rtscts: bool = False
    xonxoff: bool = False
    calibration: Calibration | None = None
    _emulated: bool = PrivateAttr(default=False)
    """Did a twin stand here? Set by who started it; no file can."""

    @model_validator(mode="before")
    @classmethod
    def _one_kind(cls, told: Any, info: ValidationInfo) -> Any:
        if not isinstance(told, Mapping):
            return told
        given = [name for name in KINDS if name in told]
        if len(given) > 1:
            raise wrong(
                f"a resource is of one kind, and {given[0]!r} is given already", given[1], on_key=True
            )
        if not given and not set(told) - set(cls.model_fields):
            raise ValueError(f"what is it? give one of: {', '.join(KINDS)}")
        twin = told.get("twin")
        if "options" in told and "twin" not in told:
            raise wrong("options are for twins", "options", on_key=True)
        if isinstance(twin, str):
            if twin not in TWINS:
                raise wrong(unknown("emulated device", twin, tuple(TWINS)), "twin", value=twin)
            options = told.get("options") or {}
            if not isinstance(options, Mapping):
                raise wrong("must be keys with values", "options")
            return {**told, "options": read_options(TWINS[twin], options, info.context, below=("options",))}
        return told

    def with_twin(self, where: Mapping[str, Any]) -> Resource:
        """The same at the address of its twin, which runs."""
        found = self.model_copy(update=dict(where))
        found._emulated = True
        return found

    @property
    def kind(self) -> str:
        """One of `KINDS`."""
        return next(name for name in KINDS if getattr(self, name) is not None)


def _open_ended(schema: dict[str, Any]) -> None:
    schema["additionalProperties"] = True
    del schema["properties"]["options"]


class Binding(Model):
    """A driver and the resource that it owns; other keys are the driver's own."""

    model_config = ConfigDict(json_schema_extra=_open_ended)

    driver: str
    """What is installed: docs/rig.md."""
    resource: Id | None = None
    options: Annotated[SerializeAsAny[Options], WithJsonSchema({})] = Options()

    @model_validator(mode="before")
    @classmethod
    def _of_its_kind(cls, told: Any, info: ValidationInfo) -> Any:
        if not isinstance(told, Mapping) or not isinstance(told.get("driver"), str):
            return (
                {key: value for key, value in told.items() if key in cls.model_fields}
                if isinstance(told, Mapping)
                else told
            )
        try:
            kind = drivers.kind(told["driver"])
        except InputError as error:
            raise wrong(error.text, "driver", value=told["driver"]) from None
        rest = {key: value for key, value in told.items() if key not in ("driver", "resource")}
        options = read_options(kind.options, rest, info.context, beside=("driver", "resource"))
        return {key: told[key] for key in ("driver", "resource") if key in told} | {"options": options}

    @property
    def kind(self) -> drivers.Kind:
        return drivers.kind(self.driver)

    @property
    def channel(self) -> str | None:
        """Of its resource; None: all of it."""
        name = self.kind.channel
        value = None if name is None else getattr(self.options, name)
        return None if value in (None, "") else str(value)

    @property
    def roles(self) -> frozenset[str]:
        """Names of the roles that it can fill."""
        return self.kind.roles(self.options)


class SlotLane(Model):
    """A lane of the device under test: names of drivers."""

    presenter: dict[Literal["in", "out"], Id] = {}
    """Who shows credentials, by direction."""
    lock: Id | None = None
    """Who senses the lock's wires."""
    contact: Id | None = None
    exit_button: Id | None = None
    passage: Id | None = None
    """Who plays the light barrier."""
    observer: Id | None = None


class Slot(Model):
    """A place for one device under test: names of drivers."""

    id: Id
    lanes: tuple[SlotLane, ...] = ()
    fire: Id | None = None
    power: Id | None = None
    network: Id | None = None
    tap: Id | None = None
    """Who disturbs the line of its readers."""
    server: Id | None = None
    """Its access server."""
    panel: Id | None = None
    """Who plays the panel, where the device under test is a reader."""
    operator: Id | None = None


class Loop(Model):
    """A stimulus wired to a sense: what the rig itself takes. Drivers (`press`, `sense`) or lines (`send`, `receive`)."""

    press: Id | None = None
    """Driver whose exit button is wired to a lock sense."""
    sense: Id | None = None
    """Driver of that lock sense; the same as `press` unless given."""
    send: Id | None = None
    """Serial line that is wired to another, or to itself."""
    receive: Id | None = None
    """That other."""

    @model_validator(mode="after")
    def _one_kind(self) -> Loop:
        if (self.press is None) == (self.send is None):
            raise ValueError("a loop has `press`, or `send`")
        if (self.sense is not None and self.press is None) or (
            self.receive is not None and self.send is None
        ):
            raise ValueError("`sense` goes with `press`, `receive` with `send`")
        return self


LANE_ROLES: dict[str, str] = {
    "presenter": "CredentialPresenter",
    "lock": "LockSensor",
    "contact": "DoorContact",
    "exit_button": "ExitButton",
    "passage": "PassageSensor",
    "observer": "Observer",
}
SLOT_ROLES: dict[str, str] = {
    "fire": "FireInput",
    "power": "PowerSwitch",
    "network": "NetworkSwitch",
    "tap": "LineTap",
    "server": "DeviceClock",
    "panel": "PanelSide",
    "operator": "Operator",
}
"""The role that each key stands for."""
SHARED = frozenset({"fire", "server", "operator", "observer"})
"""What several slots may have in common."""


class Rig(Model):
    """A rig: what is there, and what it does at which door."""

    schema_: Annotated[Literal["gatebench.rig/1"], Field(alias="schema")]
    id: Id
    resources: dict[Id, Resource]
    drivers: dict[Id, Binding] = {}
    slots: tuple[Slot, ...] = ()
    loops: dict[Id, Loop] = {}
    """What null tests measure."""
    actuations: Annotated[int, Field(ge=0)] = 2_000
    """Relay actuations that a run may cost."""
    contract: dict[str, Any] | None = None
    """For the contract tests of drivers (docs/rig.md); nothing else reads it."""

    def slot(self, id: str | None = None) -> Slot:
        """By its id; the first unless given. InputError: there is none."""
        if not self.slots:
            raise InputError(f"rig {self.id} has no slots, so nothing says what is wired to which door")
        for one in self.slots:
            if id is None or one.id == id:
                return one
        raise InputError(f"rig {self.id}: {unknown('slot', str(id), [one.id for one in self.slots])}")

    def line(self, resource: str) -> Line:
        """A resource as a line for a port process, also one that is given by a VISA address.

        Raises: InputError for an unknown resource; PortMissing for a twin that nobody has started; PortUnfit for what is
        no line.
        """
        found = self._resource(resource)
        if found.serial is not None and not found.serial.startswith("twin:"):
            device: str | None = found.serial
        elif found.tcp is not None:
            device = f"socket://{found.tcp}"
        elif found.visa is not None:
            device = line_device(found.visa)
        elif found.twin is not None or found.serial is not None:
            raise PortMissing(
                "this twin was not started",
                resource=resource,
                advice="open the rig: gatebench.hil.rig.started",
            )
        else:
            device = None
        if device is None:
            what = found.visa or parse(str(found.camera)).shown
            raise PortUnfit(f"{what} is no line of bytes", resource=resource)
        return Line(
            resource, device, found.baudrate, found.bytesize, found.parity, found.stopbits, found.rtscts, found.xonxoff
        )  # fmt: skip

    def is_emulated(self, resource: str) -> bool:
        """Is there a twin behind it?"""
        one = self._resource(resource)
        return (
            one._emulated
            or one.twin is not None
            or any((text or "").startswith("twin:") for text in (one.serial, one.camera))
        )

    def camera(self, resource: str) -> Address:
        """A resource as a source of frames.

        Raises: InputError for an unknown resource; PortMissing for a twin that nobody has started; PortUnfit for what is
        no camera.
        """
        found = self._resource(resource)
        if found.camera is not None:
            address = parse(found.camera)
            if address.kind != "twin":
                return address
        elif found.twin != "camera":
            raise PortUnfit(
                f"a {found.kind} resource gives no frames", resource=resource, advice="name it by `camera:`"
            )
        raise PortMissing(
            "this twin was not started", resource=resource, advice="open the rig: gatebench.hil.rig.started"
        )

    def visa(self, resource: str) -> str:
        """A resource as a VISA address. Raises: as `line`."""
        return self._resource(resource).visa or visa_address(self.line(resource).device)

    @property
    def twins(self) -> dict[str, TwinOptions]:
        """Emulated devices that are started with it: their options."""
        return {
            name: one.options
            for name, one in self.resources.items()
            if one.twin is not None and isinstance(one.options, TwinOptions)
        }

    def for_door(self, portal: str) -> Rig:
        """The same where each emulated controller to which no door was given is wired to this one."""
        told = {
            name: one.model_copy(update={"options": one.options.model_copy(update={"door": portal})})
            for name, one in self.resources.items()
            if isinstance(one.options, ControllerOptions) and one.options.door is None
        }
        return self.model_copy(update={"resources": {**self.resources, **told}})

    def faster(self, factor: float) -> Rig:
        """The same where the patience of emulated controllers and access servers with their line is divided by `factor`, as
        is what a controller is provisioned with. Nothing on a wire is."""
        if factor == 1.0:
            return self
        told = {
            name: one.model_copy(
                update={
                    "options": one.options.model_copy(
                        update={"silence": max((one.options.silence or SILENCE) / factor, SHORTEST)}
                    )
                }
            )
            for name, one in self.resources.items()
            if isinstance(one.options, (ControllerOptions, AccessServerOptions))
        }
        return self.model_copy(update={"resources": {**self.resources, **told}})

    def expired(self, today: date) -> list[str]:
        """What is to be said of calibrations that are overdue."""
        return [
            f"{name}: its calibration ({one.calibration.certificate}) was due on {one.calibration.due}"
            for name, one in self.resources.items()
            if one.calibration is not None and one.calibration.due is not None and one.calibration.due < today
        ]

    def _resource(self, name: str) -> Resource:
        if name not in self.resources:
            raise InputError(f"rig {self.id}: {unknown('resource', name, tuple(self.resources))}")
        return self.resources[name]
