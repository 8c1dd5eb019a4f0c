"""Evaluates one run: calculates its figures and gates from its rows, writes `run.json`, prints the table."""
