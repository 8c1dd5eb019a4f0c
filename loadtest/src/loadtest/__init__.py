"""Loads the order system, measures it, and judges whether the figures may be believed.

Every command works on one run directory (`run_directory`): `generate` offers the load, `monitor` samples the queues, `ledger`
reads when each order was completed, `summarise` turns the run directory into `run.json` and a table.
"""
