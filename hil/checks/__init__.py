"""Checks of a protocol, run on a device: each with its verdict and what it rests on."""
