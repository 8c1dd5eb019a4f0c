"""Tests of the tables of bench.json."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bench.services.consumers import Drain
from tests.bench.services.documents import call_prices, comparison, documents
from tests.bench.services.figures import number
from tests.bench.services.goals import Goal, goals, judged
from tests.bench.services.loads import Load
from tests.bench.services.parts import PARTS
from tests.bench.services.picture import picture
from tests.bench.services.scale import rows, scale
from tests.bench.tables import update
from tests.playbook import ROOT


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (0.0371, "0.037"),
        (0.1463, "0.15"),
        (0.35, "0.35"),
        (4.444, "4.44"),
        (9.996, "10.0"),
        (17.26, "17.3"),
        (99.6, "100"),
        (5245.4, "5,245"),
    ],
)
def test_a_figure_has_three_digits(value: float, shown: str) -> None:
    assert number(value) == shown


def test_the_median_is_judged() -> None:
    assert judged([90.0, 95.0, 130.0], Goal(100)) == "95.0 (90.0-130) ✓"
    assert judged([90.0, 105.0, 130.0], Goal(100)) == "105 (90.0-130) ✗"
    assert judged([2.5], Goal(2, least=True)) == "2.50 ✓"
    assert judged([1.5], Goal(2, least=True)) == "1.50 ✗"
    assert judged([1.5], Goal(2, least=True), passed=True) == "1.50 ✓"
    assert judged([1.5], None) == "1.50"
    assert judged([], Goal(2)) == "-"


def load(**figures: Any) -> list[dict[str, Any]]:  # noqa: ANN401  # those of a load
    """Return two rounds with the same figures."""
    return [vars(Load(**{"orders_per_second": 100.0, **figures}))] * 2


def drain(**figures: Any) -> list[dict[str, Any]]:  # noqa: ANN401  # those of a drain
    """Return a round."""
    return [vars(Drain(**{"orders_per_second": 3000.0, "seconds": 1.0, "cpu_ms": 0.1, "calls": {}, **figures}))]


def part(**systems: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Return a part with systems, whose names have `_` for a blank, and `__` for a hyphen."""
    return {
        "date": "2026-01-02",
        "environment": {"CPUs": "2"},
        "rounds": 2,
        "notes": ["A note."],
        "systems": [
            {
                "name": name.replace("__", "-").replace("_", " "),
                "title": name.partition("_")[0].title(),
                "figures": figures,
            }
            for name, figures in systems.items()
        ],
    }


def emulators(*, cores: float = 0.5) -> dict[str, Any]:
    """Return the part api-emulators with one emulator."""
    return part(
        localstack_raw={"1": load(p50_ms=1.6), "full": load(orders_per_second=3000.0)},
        localstack_single={"100": load(orders_per_second=500.0, calls={"PublishBatch": 1000.0})},
        localstack_ours={
            "health": load(p50_ms=0.2),
            "1": load(p50_ms=2.2, cpu_ms=0.5, calls={"PublishBatch": 1000.0}),
            "100": load(orders_per_second=2400.0, p99_ms=70.0, cpu_ms=0.2, cores=cores),
            "500": load(memory_mib=48.0, start_mib=45.0),
        },
    )


def line(text: str, start: str) -> str:
    """Return the only line that starts so."""
    (found,) = [line for line in text.splitlines() if line.startswith(start)]
    return found


def test_the_api_is_judged_by_its_goals() -> None:
    text = goals({"api-emulators": emulators()})

    assert line(text, "| ... of which the floor") == "| ... of which the floor |  | 1.80 (1.80-1.80) |"
    assert line(text, "| ... above the floor").endswith("| 0.40 (0.40-0.40) ✓ |")
    assert line(text, "| CPU per order at 1 ").endswith("| 0.50 (0.50-0.50) ✓ |")
    assert line(text, "| CPU per order at 100 ").endswith("| 0.20 (0.20-0.20) ✗ |")
    assert line(text, "| ... multiple of `raw`").endswith("| 0.80 (0.80-0.80) ✗ |")
    assert line(text, "| ... multiple of `single`").endswith("| 4.80 (4.80-4.80) |")
    assert line(text, "| p99 at 100").endswith("| 70.0 ✓ |")
    assert line(text, "| memory after the load").endswith("| 48.0 (48.0-48.0) |")


def test_a_full_core_is_the_limit_of_an_api() -> None:
    text = goals({"api-emulators": emulators(cores=0.97)})

    assert line(text, "| ... multiple of `raw`").endswith("| 0.80 (0.80-0.80) ✓ |")


def test_the_processor_and_the_tasks_are_judged_by_their_goals() -> None:
    text = goals(
        {
            "processor": part(
                localstack_ours={"3000": drain()}, **{"localstack_one loop": {"3000": drain(orders_per_second=1500.0)}}
            ),
            "workers": part(localstack_ours={"10000": drain(seconds=31.5)}),
            "task": part(
                stub__8ms_api__task={
                    "one": load(orders_per_second=1000.0),
                    "two": load(orders_per_second=1950.0),
                }
            ),
        }
    )

    assert line(text, "| processor, 3,000 orders, LocalStack").endswith("| >= 2 | 2.00 ✓ |")
    assert line(text, "| processor, 1,000 workers").endswith("| <= 1.02 | 1.05 ✗ |")
    assert line(text, "| two API tasks").endswith("| >= 1.9 | 1.95 (1.95-1.95) ✓ |")
    assert "MiniStack" not in text


def test_a_part_has_its_environment_its_notes_and_a_row_for_each_load() -> None:
    text = documents({"api-emulators": emulators()})["api-emulators"]

    assert text.startswith("Median (minimum-maximum) of 2 rounds, measured on 2026-01-02. CPUs 2.\n\nA note.\n\n")
    assert line(text, "| Localstack | 1 | `GET /health` | ")
    assert line(text, "| Localstack | 16 | raw, 10 orders each | 3,000 ")
    assert [row.split(" | ")[1:3] for row in text.splitlines()[6:]] == [
        ["1", "`GET /health`"],
        ["1", "raw"],
        ["1", "ours"],
        ["100", "single"],
        ["100", "ours"],
        ["500", "ours"],
        ["16", "raw, 10 orders each"],
    ]


def test_columns_without_figures_are_left_out() -> None:
    text = documents({"workers": part(localstack_ours={"10000": drain(calls={"ReceiveMessage": 101.0})})})["workers"]

    assert "|  |  | seconds | orders/s | CPU per order, ms | ReceiveMessage for 1,000 |" in text
    assert "| Localstack: ours | 10000 | 1.00 | 3,000 | 0.10 | 101 |" in text


def test_calls_have_prices() -> None:
    measured = {
        "api-stub": part(
            stub__8ms_single={"20": load(calls={"PublishBatch": 1000.0})},
            stub__8ms_ours={"20": load(calls={"PublishBatch": 200.0})},
        ),
        "processor": part(
            localstack_ours={"3000": drain(calls={"ReceiveMessage": 100.0, "DeleteMessageBatch": 110.0})}
        ),
    }

    text = call_prices(measured)

    # 0.50 dollars for a million publishes, 0.40 for a million requests to SQS.
    assert line(text, "| SNS, PublishBatch, connections: 20, single").endswith("| 1,000 (1,000-1,000) | 0.500 |")
    assert line(text, "| SNS, PublishBatch, connections: 20, ours").endswith("| 200 (200-200) | 0.100 |")
    assert line(text, "| SQS, ReceiveMessage").endswith("| 100 | 0.040 |")
    assert line(text, "| SQS, DeleteMessageBatch").endswith("| 110 | 0.044 |")
    assert call_prices({}) == ""


def test_a_comparison_shows_the_differences_the_losses_first() -> None:
    before, after = ({"api-emulators": emulators()} for _ in range(2))
    ours = after["api-emulators"]["systems"][2]["figures"]
    ours["100"] = load(orders_per_second=2640.0, p99_ms=140.0, cpu_ms=0.2)

    lines = comparison(before, after).splitlines()

    assert (
        lines[2] == "| api-emulators: localstack ours, 100: p99_ms | 70.0 (70.0-70.0) | 140 (140-140) | 2.00 | worse |"
    )
    assert lines[3].endswith("orders_per_second | 2,400 (2,400-2,400) | 2,640 (2,640-2,640) | 1.10 | better |")
    assert "other figures: no difference is shown" in lines[-1]


def test_the_picture_has_a_panel_for_each_target() -> None:
    drawn = picture({"api-emulators": emulators()})

    assert drawn.startswith("<svg ")
    assert 'xmlns="http://www.w3.org/2000/svg"' in drawn
    assert ">Localstack: orders per second</text>" in drawn
    assert picture({}) == ""


def test_the_page_has_a_block_for_each_table() -> None:
    page = (ROOT / "docs/performance.md").read_text()

    for name in ("goals", "prices", "scale", *PARTS):
        assert "new" in update(page, f"bench {name}", "new")


def test_what_more_orders_need_is_calculated_from_the_figures() -> None:
    # A task is loaded with 60 % of what it took: an API with 600/s; a processor with 333/s, which its workers allow.
    needed = rows(1_000_000, 1000.0, 800.0, [100.0, 100.0, 100.0])

    assert needed["API tasks of 0.25 vCPU"] == "1,667"
    assert needed["processor tasks of 0.25 vCPU, 1,000 workers each"] == "3,000"
    assert needed["... with 100 workers each, as deployed"] == "30,000"
    assert needed["load balancers, by their targets"] == "2"
    assert needed["LCUs, by their gigabytes"] == "3,600"
    assert needed["... of us-east-1"] == "33.3"
    assert needed["orders in flight"] == "3,000,000"
    assert needed["queues"] == "42"  # 120,000 each, 60 % full
    assert needed["SNS, dollars per hour"] == "180.00"  # 360,000,000 calls
    assert needed["SQS, dollars per hour"] == "288.00"


def test_nothing_is_calculated_from_half_of_the_figures() -> None:
    assert scale({"task": part(stub__8ms_api__task={"one": load()})}) == ""
