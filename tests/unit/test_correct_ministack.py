from __future__ import annotations

from importlib.util import spec_from_file_location
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType


@pytest.fixture
def files(source: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """The modules of a release with nothing but the code that the patches replace."""
    files = {module: tmp_path / f"{module}.py" for module, _, _ in source.PATCHES}
    for module, file in files.items():
        file.write_text("".join(original for where, original, _ in source.PATCHES if where == module))
    monkeypatch.setattr(
        source, "find_spec", lambda module: spec_from_file_location(module, files[module]) if module in files else None
    )
    return files


def test_every_patch_is_applied(source: ModuleType, files: dict[str, Path]) -> None:
    source.main()

    for module, file in files.items():
        assert file.read_text() == "".join(replacement for where, _, replacement in source.PATCHES if where == module)


@pytest.mark.parametrize("times", [0, 2])
def test_a_patch_whose_code_is_missing_or_ambiguous_fails_the_build(
    source: ModuleType, files: dict[str, Path], times: int
) -> None:
    module, original, _ = source.PATCHES[0]
    files[module].write_text(original * times)

    with pytest.raises(SystemExit, match=f"{module}: .* {times} times instead of once"):
        source.main()

    assert files[module].read_text() == original * times


def test_a_missing_module_fails_the_build(source: ModuleType, files: dict[str, Path]) -> None:
    files.clear()

    with pytest.raises(SystemExit, match="no such module in this release"):
        source.main()
