"""What a run is on disk: its directory, its rows, its scenario, and `run.json`."""
