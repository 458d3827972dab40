"""The rig file: which instruments and lines there are, which driver owns each, and what it does at the door under test.

`schema` is what the file says, `reading` and `checks` find every mistake in it, `drivers` knows the kinds of drivers (`ours`
are those that come along), `twins` the emulated devices; `opening` starts and opens, `wiring` is what a
bench run needs of it, `checking` what `gatebench rig check` does.
"""
