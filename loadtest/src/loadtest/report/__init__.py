"""Compares environments by what their runs measured: reads run folders and nothing else, and writes a report.

`reading` takes a run folder in, `selection` decides which runs may be compared, `metrics` and `intervals` say how they
differ, `comparing` makes a `report` of that, which is all data. `sections` puts it into words, tables and `pictures`;
`html` and `markdown` write the same sections down.
"""
