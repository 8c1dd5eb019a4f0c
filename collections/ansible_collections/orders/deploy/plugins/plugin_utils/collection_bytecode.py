"""Keep the bytecode of collections, as Python does for all else that it imports.

Ansible has an importer of its own for collections, which compiles their source in each run, and in each fork.
"""

from __future__ import annotations

import functools
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import TYPE_CHECKING

from ansible.utils.collection_loader import _collection_finder

if TYPE_CHECKING:
    from types import CodeType


@functools.cache  # a program can run several playbooks
def keep() -> None:
    """Let Ansible's importer read and write ``__pycache__`` where a module has a file."""
    loader = _collection_finder._AnsibleCollectionPkgLoaderBase  # noqa: SLF001  # Ansible has no option for this
    compile_source = loader.get_code

    def get_code(self: _collection_finder._AnsibleCollectionPkgLoaderBase, name: str) -> CodeType | None:
        path = self.get_filename(name)
        if path and Path(path).is_file():
            return SourceFileLoader(name, path).get_code(name)
        code: CodeType | None = compile_source(self, name)
        return code

    loader.get_code = get_code
