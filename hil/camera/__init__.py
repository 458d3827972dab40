"""Getting frames: from USB cameras, streams and files, each with its time, the clock of that time, and its uncertainty.

`camera` is the harness's end; the reader, a process of its own (`process`), opens the `source` that an `address` names.
What is seen in the frames is none of its business.
"""
