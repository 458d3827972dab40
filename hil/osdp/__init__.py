"""OSDP v2 (IEC 60839-11-5): an own codec, without input or output.

Nothing here opens a port or reads a clock: bytes and instants go in, frames, events and bytes come out. So the same
code serves a driver on a serial line, an emulated device, and the decoder of a capture. `docs/osdp.md` shows its use.
"""
