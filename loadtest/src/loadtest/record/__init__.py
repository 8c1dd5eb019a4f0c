"""The files of a run: their names, their rows, the scenario, and `run.json`."""
