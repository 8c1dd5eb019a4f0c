"""Evaluate a run: calculate its figures from its rows, check its gates, write `run.json`, and print the table."""
