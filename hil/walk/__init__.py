"""A walk: one step after the other at one door under test, held against what its policy says.

`steps` what can be done, `cast` who does it, `desk` carries it out in the bench's calendar, `expected` and `lock` say
what has to come of it, `held_against` finds what did not, `rows` and `cover` choose the steps, `run` plays them.
"""
