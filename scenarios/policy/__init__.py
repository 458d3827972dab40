"""The access policy: its document, its state, and the engine that decides."""
