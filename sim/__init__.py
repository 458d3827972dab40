"""The world that runs it: clockwork, people, portals, event log, metrics, comparison."""
