"""Walks at devices that are no controller: readers, face terminals, I/O boxes. The bench plays the panel, or asks the box."""
