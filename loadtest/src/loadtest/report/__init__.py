"""Compares environments by what their runs measured: reads run directories and nothing else, and writes a report.

`reading` takes a run directory in, `selection` decides which runs may be compared, `metrics` and `intervals` say how they
differ, `comparing` makes a `report` of that, which is all data. `sections` puts it into words, tables and `charts`;
`html` and `markdown` write the same sections down.
"""
