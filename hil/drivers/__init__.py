"""Drivers: each owns one resource and implements one or more of the roles in `roles.py`."""
