"""Estimate the shift between the clocks of the load generator and of the services.

Their times are compared: an order that was completed before it was accepted, by two clocks, would shorten or lengthen
what is measured. The API creates an order between the start and the end of its request, so each order bounds the shift.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from loadtest.record.run import Clocks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loadtest.record.rows import Completion, Request


def compare_clocks(requests: Sequence[Request], completions: Sequence[Completion]) -> Clocks | None:
    """Return by how much the services' clock is ahead, from all completed orders; None without any."""
    created = {completion.order_id: completion.created_at for completion in completions}
    accepted = [request for request in requests if request.order_id]
    known = [(created[request.order_id], request) for request in accepted if request.order_id in created]
    if not known:
        return None
    return Clocks(
        least=max(created_at - request.ended_at for created_at, request in known),
        most=min(created_at - request.started_at for created_at, request in known),
    )
