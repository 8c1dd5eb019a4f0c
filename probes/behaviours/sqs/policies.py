"""Who may call a queue: its policy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from probes.behaviours.sources import IAM, SQS
from probes.errors import refusal
from probes.probe import expect, probe
from probes.queue import Queue

if TYPE_CHECKING:
    from probes.lab import Lab

_POLICY = f"{SQS}sqs-basic-examples-of-sqs-policies.html"
_MESSAGING = "roles/messaging/tasks/main.yml"


def _deny(queue: Queue, **condition: Any) -> str:  # noqa: ANN401  # of a policy
    statement = {"Effect": "Deny", "Principal": "*", "Action": "sqs:SendMessage", "Resource": queue.arn, **condition}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@probe(_POLICY, f"{IAM}reference_policies_evaluation-logic.html", seconds=120)
def an_explicit_deny_holds(lab: Lab) -> None:
    """A queue policy that denies SendMessage to everyone denies it to the owner's account, too: AccessDenied."""
    queue = Queue(lab)
    queue.change(Policy=_deny(queue))
    code = lab.settles(lambda: refusal(queue.send))
    expect(code in ("AccessDenied", "AccessDeniedException"), f"refused with {code}" if code else "accepted")


@probe(f"{SQS}sqs-security-best-practices.html", _POLICY, used_by=_MESSAGING, seconds=120)
def calls_without_tls_can_be_denied(lab: Lab) -> None:
    """A policy that denies calls where aws:SecureTransport is false denies those over plain HTTP: AccessDenied."""
    queue = Queue(lab)
    queue.change(Policy=_deny(queue, Condition={"Bool": {"aws:SecureTransport": "false"}}))
    plain = lab.client("sqs", use_ssl=False)
    code = lab.settles(lambda: refusal(plain.send_message, QueueUrl=queue.url, MessageBody="hello"))
    expect(code in ("AccessDenied", "AccessDeniedException"), f"refused with {code}" if code else "accepted")


@probe(_POLICY, f"{IAM}reference_policies_elements_condition.html", seconds=120)
def conditions_are_evaluated(lab: Lab) -> None:
    """A statement whose condition does not hold for a call does not deny it."""
    queue = Queue(lab)
    queue.change(Policy=_deny(queue, Condition={"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}))
    lab.wait(min(3, lab.environment.settle_seconds))
    code = refusal(queue.send)
    expect(not code, f"refused with {code}")


@probe(f"{SQS}sqs-creating-custom-policies-access-policy-examples.html")
def a_malformed_policy_is_refused(lab: Lab) -> None:
    """A policy that is no JSON is refused with InvalidAttributeValue."""
    queue = Queue(lab)
    code = refusal(queue.change, Policy="{no policy")
    expect(code == "InvalidAttributeValue", f"refused with {code}" if code else "accepted")
