"""What a trial may take and cost: `playbooks/aws_trial.yml` writes it, once somebody has confirmed it."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

TEARDOWN_HOURS = 0.5
"""Of the trial's hours, these are kept for the teardown."""


class Plan(Struct, frozen=True, kw_only=True):
    """The plan of a trial (`plan.json`)."""

    project: str
    region: str
    account: str
    caller: str
    """The ARN of whose credentials are used."""
    url: str
    """Of the load balancer, if the inventory knows it before there is one; else empty."""
    names: list[str]
    """Of the project, the environment and the services: they are public."""
    hours: Annotated[float, Meta(ge=1, le=24)]
    """All that the trial may take, teardown included: what the caps allow."""
    dollars_per_hour: Annotated[float, Meta(ge=0)]
    """What the plan's estimate says of all that is billed by time."""
    versions: dict[str, str]

    @property
    def load_seconds(self) -> float:
        """After this time, the teardown begins."""
        return (self.hours - TEARDOWN_HOURS) * 3600
