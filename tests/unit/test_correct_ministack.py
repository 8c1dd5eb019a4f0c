from __future__ import annotations

from importlib.util import spec_from_file_location
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType


@pytest.fixture
def files(source: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """The modules of a release that holds what is to be corrected, and nothing else."""
    files = {module: tmp_path / f"{module}.py" for module, _, _ in source.CORRECTIONS}
    for module, file in files.items():
        file.write_text("".join(wrong for where, wrong, _ in source.CORRECTIONS if where == module))
    monkeypatch.setattr(
        source, "find_spec", lambda module: spec_from_file_location(module, files[module]) if module in files else None
    )
    return files


def test_every_place_is_corrected(source: ModuleType, files: dict[str, Path]) -> None:
    source.main()

    for module, file in files.items():
        assert file.read_text() == "".join(right for where, _, right in source.CORRECTIONS if where == module)


@pytest.mark.parametrize("times", [0, 2])
def test_a_place_that_is_gone_or_in_doubt_ends_the_build(
    source: ModuleType, files: dict[str, Path], times: int
) -> None:
    module, wrong, _ = source.CORRECTIONS[0]
    files[module].write_text(wrong * times)

    with pytest.raises(SystemExit, match=f"{module}: .* {times} times instead of once"):
        source.main()

    assert files[module].read_text() == wrong * times


def test_a_module_that_is_gone_ends_the_build(source: ModuleType, files: dict[str, Path]) -> None:
    files.clear()

    with pytest.raises(SystemExit, match="no such module in this release"):
        source.main()
