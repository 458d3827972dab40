"""The `gatebench` command."""
