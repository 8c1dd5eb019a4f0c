"""How many cases of each property are tried: `CASES` of them, or a few that are always the same."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile("few", max_examples=200, derandomize=True)
settings.register_profile("many", max_examples=int(os.environ.get("CASES") or 1))
settings.register_profile(
    "fuzz",
    settings.get_profile("many" if "CASES" in os.environ else "few"),
    deadline=None,  # the properties have a limit of their own, which also ends a case that hangs
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
settings.load_profile("fuzz")
