"""The charts of a report, as SVG. Environments differ by colour, by the shape of their marks and by their dashes."""
