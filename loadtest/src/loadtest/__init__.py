"""Load the order system, measure it, and compare environments.

Every command reads and writes the files of a run directory (`record.run_directory`).
"""
