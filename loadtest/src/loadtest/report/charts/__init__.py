"""The charts of a report, as SVG. Environments differ by colour, mark shape and dash pattern."""
