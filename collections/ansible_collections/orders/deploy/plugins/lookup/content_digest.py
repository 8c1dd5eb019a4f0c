"""Calculate a digest of files and strings."""

from __future__ import annotations

DOCUMENTATION = r"""
---
name: content_digest
short_description: Calculate a digest of files and strings
description:
  - Returns one digest that changes with the paths and the contents of all files. A plugin such as
    P(ansible.builtin.file#lookup) or M(ansible.builtin.stat) reads one file.
  - Directories and compiled Python are ignored. A pattern that matches no file is an error.
options:
  _terms:
    description: The patterns of the files, relative to O(root).
    type: list
    elements: str
    required: true
  root:
    description: The directory of the files.
    type: str
    required: true
  also:
    description: Strings that change the digest too.
    type: list
    elements: str
    default: []
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Show the tag of an image, which depends on its sources and its base image
  ansible.builtin.debug:
    msg: "{{ lookup('orders.deploy.content_digest', 'Dockerfile', 'src/**/*', root=playbook_dir, also=[base_image]) }}"
"""

RETURN = r"""
_raw:
  description: A list with the digest, which has 16 hexadecimal digits.
  type: list
  elements: str
"""

import hashlib
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

DIGEST_LENGTH = 16


def content_digest(root: Path, patterns: list[str], also: list[str]) -> str:
    """Return 16 hexadecimal digits that change with the paths and bytes of the files, and with the strings ``also``.

    ``patterns`` are globs below ``root``. Directories and compiled Python are ignored.

    Raises AnsibleError if a pattern matches no file, which is most likely a mistake in the pattern.
    """
    digest = hashlib.sha256()
    for pattern in patterns:
        files = sorted(file for file in root.glob(pattern) if file.is_file() and "__pycache__" not in file.parts)
        if not files:
            message = f"content_digest: no file matches {pattern} in {root}"
            raise AnsibleError(message)
        for file in files:
            for part in (file.relative_to(root).as_posix().encode(), file.read_bytes()):
                digest.update(len(part).to_bytes(8))
                digest.update(part)
    for text in also:
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()[:DIGEST_LENGTH]


class LookupModule(LookupBase):  # type: ignore[misc]  # Ansible has no types
    """The lookup plugin."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[str]:  # noqa: ANN401  # options have any type
        """Return a list with the digest."""
        self.set_options(var_options=variables, direct=kwargs)
        return [content_digest(Path(self.get_option("root")), terms, self.get_option("also"))]
