"""Report on a single run, or compare environments by their runs; the run directories are the only input.

`measured_run` reads a run directory, `selection` decides which runs can be compared, `metrics` and `intervals` compare
them, and `build` puts the results into a `report`, which is data only. `sections` turns it into text, tables and
`charts`; `html` and `markdown` render these.
"""
