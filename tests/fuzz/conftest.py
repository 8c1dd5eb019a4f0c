"""How many cases of each property are tried: `CASES` of them, or a few that are always the same."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "cases",
    max_examples=int(os.environ.get("CASES", "200")),
    derandomize="CASES" not in os.environ,
    database=None,
    deadline=None,  # a case has a limit of its own, which also ends one that hangs
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
settings.load_profile("cases")
