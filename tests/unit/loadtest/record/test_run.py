from __future__ import annotations

from typing import Any

import msgspec
import pytest

from loadtest.record.run import Context, Sizing

CONTEXT: dict[str, Any] = {
    "environment": "aws",
    "run_id": "1",
    "scenario": "baseline",
    "started_at": "2026-01-02T03:04:05+01:00",
    "versions": {},
    "settings": {"workers": 100, "payment_seconds": 3, "anything": [1, 2]},
    "host": {},
    "deployment": None,
}


def test_settings_are_kept_whole_and_read_in_part() -> None:
    context = msgspec.convert(CONTEXT, Context)
    assert context.sizing == Sizing(workers=100, payment_seconds=3)
    assert context.settings == CONTEXT["settings"]


def test_the_settings_of_the_queue_model_are_optional() -> None:
    assert msgspec.convert(CONTEXT | {"settings": {}}, Context).sizing == Sizing(None, None)


@pytest.mark.parametrize(
    "change",
    [
        {"settings": {"workers": 0}},
        {"settings": {"workers": "100"}},
        {"settings": {"payment_seconds": -1}},
        {"started_at": "2026-01-02T03:04:05"},
        {"deployment": {"total_seconds": 3}},
    ],
)
def test_an_invalid_context_is_an_error(change: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(CONTEXT | change, Context)
