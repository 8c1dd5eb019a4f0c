from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, override

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import ModuleType

    from tests.unit.conftest import Play

FILES = {"app/main.py": "run()", "app/model.py": "order = 1", "lock.txt": "sanic==1"}
PATTERNS = ["app/**/*", "lock.txt"]
ALSO = ["python:3.13"]


class Backwards(Path):
    """A directory that lists its files in reverse order."""

    @override
    def glob(self, *args: Any, **kwargs: Any) -> Generator[Self, None, None]:
        yield from reversed(list(super().glob(*args, **kwargs)))


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(FILES | {"app/__pycache__/main.pyc": "compiled"}, id="compiled Python"),
        pytest.param(FILES | {"README.md": "about it"}, id="a file that no pattern matches"),
    ],
)
def test_other_files_do_not_change_the_digest(source: ModuleType, tmp_path: Path, files: dict[str, str]) -> None:
    before = source.content_digest(write(tmp_path / "before", FILES), PATTERNS, ALSO)

    assert source.content_digest(write(tmp_path / "after", files), PATTERNS, ALSO) == before


@pytest.mark.parametrize(
    ("files", "also"),
    [
        pytest.param(FILES | {"lock.txt": "sanic==2"}, ALSO, id="a file's content"),
        pytest.param({name.replace("model", "order"): text for name, text in FILES.items()}, ALSO, id="a file's path"),
        pytest.param(
            {"app/main.py": "run()", "app/model.pyo": "rder = 1", "lock.txt": "sanic==1"},
            ALSO,
            id="a letter from a file's content to its path",
        ),
        pytest.param(FILES | {"app/new.py": ""}, ALSO, id="an additional empty file"),
        pytest.param(FILES | {"app/main.py": "order = 1", "app/model.py": "run()"}, ALSO, id="contents swapped"),
        pytest.param(FILES, ["python:3.14"], id="a string"),
        pytest.param(FILES, ["python", ":3.13"], id="a string cut in two"),
    ],
)
def test_files_and_strings_change_the_digest(
    source: ModuleType, tmp_path: Path, files: dict[str, str], also: list[str]
) -> None:
    before = source.content_digest(write(tmp_path / "before", FILES), PATTERNS, ALSO)

    assert source.content_digest(write(tmp_path / "after", files), PATTERNS, also) != before


def test_the_order_in_which_the_disk_lists_files_does_not_matter(source: ModuleType, tmp_path: Path) -> None:
    tree = write(tmp_path, FILES)

    assert source.content_digest(Backwards(tree), PATTERNS, ALSO) == source.content_digest(tree, PATTERNS, ALSO)


def test_a_pattern_without_files_is_an_error(source: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(source.AnsibleError, match="no file matches gone/"):
        source.content_digest(write(tmp_path, FILES), ["app/*", "gone/*"], [])


def test_playbooks_get_the_digest_from_the_lookup(source: ModuleType, tmp_path: Path, play: Play) -> None:
    digest = source.content_digest(write(tmp_path / "tree", FILES), PATTERNS, ALSO)

    played = play(f"""
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.debug:
        msg: "{{{{ lookup('orders.deploy.content_digest', *{PATTERNS}, root='{tmp_path}/tree', also={ALSO}) }}}}"
""")

    assert f"msg: {digest}" in played.output
