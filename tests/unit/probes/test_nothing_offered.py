"""All probes on a server that offers no operation: none takes that for a difference, or for something left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from habits.proxy import reverse_proxy
from probes.catalogue import all_probes
from probes.environment import Environment
from probes.probe import Outcome
from probes.runner import run

if TYPE_CHECKING:
    import pytest
    from aiohttp.typedefs import Handler


@web.middleware
async def _offer_nothing(request: web.Request, handler: Handler) -> web.StreamResponse:  # noqa: ARG001  # aiohttp's names
    return web.Response(status=501)


def test_where_nothing_is_offered_nothing_differs_or_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    with reverse_proxy("http://127.0.0.1:1", _offer_nothing) as url:  # nothing gets there
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        results = run(all_probes(), Environment(run="orders-probe-x", emulated=True), "nothing", {}, lambda _: None)
    assert results.left == []
    shown = {result.name: result for result in results.results if result.outcome in {Outcome.AS_AWS, Outcome.DIFFERS}}
    assert not shown
