from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from loadtest.report.measured_run import labels_of, read_run
from loadtest.report.selection import differences

from .synthetic import SCENARIO

if TYPE_CHECKING:
    from .conftest import Compare, MakeRun

OTHER_COMMIT = "f" * 40


def set_versions(run_directory: Path, **versions: Any) -> Path:  # noqa: ANN401  # whatever a deployment tells
    run = json.loads((run_directory / "run.json").read_text())
    run["versions"] |= versions
    (run_directory / "run.json").write_text(json.dumps(run))
    return run_directory


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"workers": 20}, "settings.workers is 20, not 10"),
        ({"payment_seconds": 1.0}, "settings.payment_seconds is 1.0, not 3.0"),
        ({"scenario": SCENARIO | {"users": 7}}, "scenario.users is 7, not 6"),
        ({"commit": OTHER_COMMIT}, f"commit is '{OTHER_COMMIT}', not '1234567890abcdef1234567890abcdef12345678'"),
    ],
)
def test_another_load_setting_or_code_is_left_out_with_the_difference(
    make_run: MakeRun, compare_runs: Compare, changes: dict[str, Any], reason: str
) -> None:
    alike = [make_run("localstack", 1), make_run("ministack", 1)]
    report = compare_runs(*alike, make_run("ministack", 2, **changes))
    assert [run.state for run in report.runs] == ["compared", "compared", "left out"]
    assert report.runs[2].reason == f"not comparable with localstack/1: {reason}"


def test_environments_with_different_settings_are_not_compared(make_run: MakeRun, compare_runs: Compare) -> None:
    localstack = [make_run("localstack", number) for number in (1, 2)]
    report = compare_runs(*localstack, *(make_run("ministack", number, workers=20) for number in (1, 2)))
    assert report.verdict == (
        "Nothing can be compared: there is only localstack (2 runs); 2 of 4 runs left out, 0 damaged. "
        "No order was lost, dead-lettered or completed twice. The drain time is shown by number of workers: 10, 20."
    )
    assert [environment.name for environment in report.environments] == ["localstack"]


def test_images_are_compared_without_their_registry(make_run: MakeRun) -> None:
    first, second, third = (
        read_run(set_versions(run_directory, images={"api": image}), "a run")
        for run_directory, image in (
            (make_run("localstack", 1), "localhost:4566/orders-api:5eed"),
            (make_run("ministack", 1, commit=OTHER_COMMIT), "registry.example/orders-api:5eed"),
            (make_run("ministack", 2), "registry.example/orders-api:07he"),
        )
    )
    assert differences(second, first) == []
    assert differences(third, first) == ["image.api is '07he', not '5eed'"]


def test_unknown_code_is_a_caution(make_run: MakeRun, compare_runs: Compare) -> None:
    report = compare_runs(make_run("localstack", 1, commit="abc-dirty"), make_run("ministack", 1, commit=""))
    assert [run.state for run in report.runs] == ["compared", "compared"]
    assert (
        "The exact code of localstack/1, ministack/1 is unknown: no images are recorded, and no clean commit."
    ) in report.cautions


def test_a_single_run_is_a_caution(make_run: MakeRun, compare_runs: Compare) -> None:
    report = compare_runs(make_run("localstack", 1), make_run("ministack", 1), make_run("ministack", 2))
    assert "localstack has a single run and so no confidence interval: no difference to it is shown." in (
        report.cautions
    )
    assert report.figures is not None
    assert {pair.ratio.verdict for row in report.figures.response for pair in row.ratios} == {"cannot tell"}


def test_environments_that_were_not_loaded_in_turns_are_a_caution(make_run: MakeRun, compare_runs: Compare) -> None:
    numbers = {"localstack": (1, 2), "ministack": (3, 4)}
    runs = [make_run(name, number, experiment=None) for name, own in numbers.items() for number in own]
    report = compare_runs(*runs)
    assert report.cautions[0].startswith("The environments were not loaded in turns")


def test_losses_of_a_run_that_failed_its_gate_are_counted(make_run: MakeRun, compare_runs: Compare) -> None:
    run_directories = [make_run("localstack", 1), make_run("localstack", 2, lose=3), make_run("ministack", 1)]
    report = compare_runs(*run_directories)
    assert report.runs[1].reason == "failed gates: no faster than the model, ledger closes"
    assert report.figures is not None
    [lost] = [events for events in report.figures.events if events.key == "lost"]
    shares = {name: (share.events if share else None) for name, share in lost.environments.items()}
    assert shares == {"localstack": 3, "ministack": 0}


def test_several_runs_on_one_deployment_are_one_observation_of_it(make_run: MakeRun, compare_runs: Compare) -> None:
    run_directories = [make_run("localstack", number) for number in (1, 2, 3)]
    first = json.loads((run_directories[0] / "run.json").read_text())
    for run_directory in run_directories[1:]:
        run = json.loads((run_directory / "run.json").read_text())
        (run_directory / "run.json").write_text(json.dumps(run | {"deployment": first["deployment"]}))
    report = compare_runs(*run_directories, make_run("ministack", 1))
    assert report.figures is not None
    assert report.figures.deployment[0].environments["localstack"].values == [first["deployment"]["total_seconds"]]
    assert report.figures.memory[0].environments["localstack"].values == [first["memory"]["api"]["end_mib"]]


def test_runs_without_a_deployment_are_one_observation_of_memory(make_run: MakeRun, compare_runs: Compare) -> None:
    run_directories = [make_run("localstack", number) for number in (1, 2)]
    runs = [json.loads((run_directory / "run.json").read_text()) for run_directory in run_directories]
    for run_directory, run in zip(run_directories, runs, strict=True):
        (run_directory / "run.json").write_text(json.dumps(run | {"deployment": None}))
    report = compare_runs(*run_directories)
    assert report.figures is not None
    assert report.figures.memory[0].environments["localstack"].values == [runs[0]["memory"]["api"]["end_mib"]]


def test_labels_have_enough_parts_of_the_path_to_be_unique() -> None:
    results = Path("/results")
    assert labels_of([results / "aws/1", results / "aws/2"]) == ["aws/1", "aws/2"]
    assert labels_of([results / "old/aws/1", results / "new/aws/1"]) == ["old/aws/1", "new/aws/1"]
    assert labels_of([results / "aws/1", results / "aws/../aws/1"]) == ["aws/1", "aws/1"]


def of_version(run_directory: Path, images: str, experiment: str = "x", *, compares_code: bool = True) -> Path:
    run = json.loads((run_directory / "run.json").read_text())
    run["versions"]["images"] = {"api": f"registry/api:{images}"}
    run["experiment"] = {"id": experiment, "round": run["experiment"]["round"], "compares_code": compares_code}
    (run_directory / "run.json").write_text(json.dumps(run))
    return run_directory


def test_versions_of_the_code_are_compared_in_an_experiment_for_that(make_run: MakeRun, compare_runs: Compare) -> None:
    runs = [of_version(make_run(name, number), name) for number in (1, 2, 3) for name in ("5eed", "f00d")]
    report = compare_runs(*runs)
    assert {run.state for run in report.runs} == {"compared"}
    assert [each.name for each in report.environments] == ["5eed", "f00d"]
    assert report.figures is not None
    assert report.figures.response[0].ratios[0].ratio.rounds == 3


def test_each_version_is_one_code(make_run: MakeRun, compare_runs: Compare) -> None:
    runs = [of_version(make_run(name, number), name) for number in (1, 2) for name in ("5eed", "f00d")]
    report = compare_runs(*runs, of_version(make_run("f00d", 3), "07he"))
    assert report.runs[-1].reason == "not comparable with f00d/1: image.api is '07he', not 'f00d'"


@pytest.mark.parametrize(("experiment", "compares_code"), [("y", True), ("x", False)])
def test_other_code_is_left_out_of_any_other_experiment(
    make_run: MakeRun,
    compare_runs: Compare,
    experiment: str,
    compares_code: bool,
) -> None:
    first = of_version(make_run("5eed", 1), "5eed")
    report = compare_runs(first, of_version(make_run("f00d", 1), "f00d", experiment, compares_code=compares_code))
    assert [run.state for run in report.runs] == ["compared", "left out"]
