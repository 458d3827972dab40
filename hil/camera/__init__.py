"""Getting frames: addresses, source kinds, the grabber process, and the clock of a frame."""
