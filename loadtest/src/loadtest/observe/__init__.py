"""Observes what becomes of the load: samples the queues, reads completions and memory from the logs."""
