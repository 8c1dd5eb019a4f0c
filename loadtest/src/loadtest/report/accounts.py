"""Replace the IDs of AWS accounts: a report can be published, and environments in different accounts compared."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from loadtest.errors import LoadTestError
from loadtest.record.documents import read_bytes

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from loadtest.record.run_directory import RunDirectory

ACCOUNT = "ACCOUNT"

# Other numbers have twelve digits too. An account ID is known from an ARN, the address of an image repository or a
# queue, or the name of its field.
_ACCOUNT = re.compile(
    r"""arn:[\w-]+:[\w-]*:[\w-]*:(\d{12}):
    | (?<!\d)(\d{12})\.dkr\.ecr[.-]
    | ://[\w.:-]+/(\d{12})/
    | (?:account|owner|registry)(?:[_-]?id|s)?[\\"']*\s*[:=]\s*[\[\\"'\s]*(\d{12})(?!\d)""",
    re.VERBOSE | re.IGNORECASE,
)
_TWELVE_DIGITS = re.compile(r"(?<!\d)\d{12}(?!\d)")


def account_ids(run_directory: RunDirectory) -> set[str]:
    """Return the account IDs in the documents of a run; those that cannot be read have none."""
    found: set[str] = set()
    documents = (run_directory.run, run_directory.context, run_directory.resources, run_directory.scenario)
    for path in (*documents, run_directory.probes):
        try:
            text = read_bytes(path).decode(errors="replace")
        except LoadTestError:
            continue
        found |= {group for match in _ACCOUNT.finditer(text) for group in match.groups() if group}
    return found


def hide_accounts(document: Any, accounts: AbstractSet[str]) -> Any:  # noqa: ANN401  # any JSON document
    """Return a text, or all text in a JSON document, with ACCOUNT in place of the account IDs."""
    if isinstance(document, str):
        return _TWELVE_DIGITS.sub(lambda found: ACCOUNT if found[0] in accounts else found[0], document)
    if isinstance(document, list):
        return [hide_accounts(value, accounts) for value in document]
    if isinstance(document, dict):
        return {hide_accounts(key, accounts): hide_accounts(value, accounts) for key, value in document.items()}
    return document
