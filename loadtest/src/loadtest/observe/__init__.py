"""Observe what becomes of the load: sample the queues, and read completions and memory from the logs."""
