"""Who a caller is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes.behaviours.sources import IAM, STS_API
from probes.errors import refusal
from probes.identity import User, allow, eventually_permitted
from probes.probe import expect, probe

if TYPE_CHECKING:
    from probes.lab import Lab

_ERRORS = f"{STS_API}CommonErrors.html"
_UNKNOWN = ("InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "AuthFailure")
_CORRECTIONS = "roles/emulator/files/correct_ministack.py"


@probe(_ERRORS)
def an_unknown_key_is_refused(lab: Lab) -> None:
    """A call that is signed with an access key that does not exist is refused with InvalidClientTokenId."""
    code = refusal(lab.client("sqs", "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY").list_queues)
    expect(code in _UNKNOWN, f"refused with {code}" if code else "accepted")


@probe(_ERRORS, used_by=_CORRECTIONS)
def the_usual_key_of_emulators_is_refused(lab: Lab) -> None:
    """The access key `test`, which tests of emulators use, is none of AWS: InvalidClientTokenId."""
    code = refusal(lab.client("sqs", "test", "test").list_queues)
    expect(code in _UNKNOWN, f"refused with {code}" if code else "accepted")


@probe(_ERRORS, f"{IAM}reference_sigv-troubleshooting.html", seconds=120)
def a_wrong_secret_is_refused(lab: Lab) -> None:
    """A call that is signed with another secret than that of its access key is refused with SignatureDoesNotMatch."""
    user = User(lab, allow("sqs:ListQueues"))
    key, _ = user.credentials
    wrong = lab.client("sqs", key, "x" * 40)
    # A key that was created just now may be unknown for a moment.
    code = lab.settles(lambda: refusal(wrong.list_queues))
    expect(
        code in ("SignatureDoesNotMatch", "InvalidSignatureException"), f"refused with {code}" if code else "accepted"
    )


@probe(f"{STS_API}API_GetCallerIdentity.html", used_by="roles/account/tasks/main.yml", seconds=120)
def the_caller_is_known(lab: Lab) -> None:
    """GetCallerIdentity needs no permission, and returns the ARN of the caller."""
    user = User(lab)
    sts = user.client("sts")
    code = eventually_permitted(lab, sts.get_caller_identity)
    expect(not code, f"refused with {code}")
    found = sts.get_caller_identity()["Arn"]
    expect(found == user.arn, f"returned {found}, not {user.arn}")
