"""A camera that watches a door: a program that feeds its frames to observers and tells what they see, in lines of text.

`options` is what a rig file says of it, `watching` the observers, `program` the process, `lines` what it says, `starting`
how a rig starts it. To a bench run it is one more line with a port process, a transcript and a replay.
"""
