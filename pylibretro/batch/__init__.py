"""Many cores at once: the lanes of a `CoreBatch`, its threads, rules and results."""
