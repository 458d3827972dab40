"""What is seen in frames: lamps, leaves, screens, people. Observers are fed frames; nothing here opens a line."""
