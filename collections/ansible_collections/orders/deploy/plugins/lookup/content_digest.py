"""The lookup that names an image by what goes into it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

DIGEST_LENGTH = 16


def content_digest(root: Path, patterns: list[str], also: list[str]) -> str:
    """Return 16 hexadecimal digits that change with the paths and bytes of the files, and with the strings ``also``.

    ``patterns`` are globs below ``root``; folders and compiled Python are passed over.

    Raises AnsibleError when a pattern finds no file: the digest would not notice it coming back.
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
    """Give the digest of the files that the terms, patterns below ``root``, match; ``also`` adds strings."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[str]:  # noqa: ANN401  # options of any type
        """Return a list of the one digest."""
        self.set_options(var_options=variables, direct={})
        return [content_digest(Path(kwargs["root"]), terms, list(kwargs.get("also", [])))]
