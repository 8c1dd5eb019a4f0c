"""The probes, by service. Each module has some of one subject; `catalogue` lists them all."""
