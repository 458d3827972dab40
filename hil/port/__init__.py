"""One process a resource, which alone opens the port, writes, reads and stamps, and releases when its harness is gone."""
