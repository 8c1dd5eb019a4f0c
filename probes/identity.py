"""Users and roles of IAM, with the credentials to call as them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from probes.errors import refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from probes.lab import Lab

PROPAGATION_SECONDS = 15.0
"""How long IAM may take to apply a change, besides what the environment takes to show one."""

DENIED = ("AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation", "AccessDeniedFault")


def policy(*statements: dict[str, Any]) -> str:
    """Return a policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions: str, on: str = "*", **more: Any) -> dict[str, Any]:  # noqa: ANN401  # of a policy
    """Return a statement that allows actions."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": on, **more}


def deny(*actions: str, on: str = "*", **more: Any) -> dict[str, Any]:  # noqa: ANN401  # of a policy
    """Return a statement that denies actions."""
    return {"Effect": "Deny", "Action": list(actions), "Resource": on, **more}


class User:
    """A user of the probe's own, with an access key."""

    def __init__(self, lab: Lab, *statements: dict[str, Any], boundary: str = "") -> None:
        """Create it with an inline policy of these statements; without any, with none."""
        self._lab = lab
        self._iam = lab.client("iam")
        self.name = lab.name()
        limits = {"PermissionsBoundary": boundary} if boundary else {}
        self.arn: str = self._iam.create_user(UserName=self.name, **limits)["User"]["Arn"]
        lab.defer(self._iam.delete_user, UserName=self.name)
        if statements:
            self.permit(*statements)
        key = self._iam.create_access_key(UserName=self.name)["AccessKey"]
        lab.defer(self._iam.delete_access_key, UserName=self.name, AccessKeyId=key["AccessKeyId"])
        self.credentials = (key["AccessKeyId"], key["SecretAccessKey"])

    def permit(self, *statements: dict[str, Any]) -> None:
        """Set the inline policy."""
        self._iam.put_user_policy(UserName=self.name, PolicyName="probe", PolicyDocument=policy(*statements))
        self._lab.defer(self._iam.delete_user_policy, UserName=self.name, PolicyName="probe")

    def client(self, service: str) -> Any:  # noqa: ANN401  # see Environment
        """Return a client that calls as this user."""
        return self._lab.client(service, *self.credentials)


class Role:
    """A role of the probe's own."""

    def __init__(self, lab: Lab, trusted: dict[str, Any], *statements: dict[str, Any]) -> None:
        """Create it for a `trusted` principal, with an inline policy of these statements if there are any."""
        self._iam = lab.client("iam")
        self.name = lab.name()
        trust = {"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}
        self.arn: str = self._iam.create_role(RoleName=self.name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
        lab.defer(self._iam.delete_role, RoleName=self.name)
        if statements:
            self._iam.put_role_policy(RoleName=self.name, PolicyName="probe", PolicyDocument=policy(*statements))
            lab.defer(self._iam.delete_role_policy, RoleName=self.name, PolicyName="probe")


def account_of(lab: Lab) -> str:
    """Return the number of the caller's account."""
    account: str = lab.client("sts").get_caller_identity()["Account"]
    return account


def until_accepted(lab: Lab, attempt: Callable[[], str]) -> str:
    """Repeat an attempt, which returns an error code or nothing, for as long as IAM may take; return what came last."""
    code = ""

    def accepted() -> bool:
        nonlocal code
        code = attempt()
        return not code

    lab.settles(accepted, _patience(lab))
    return code


def eventually_permitted(lab: Lab, call: Callable[..., Any], **parameters: Any) -> str:  # noqa: ANN401  # of any operation
    """Call until it succeeds, for as long as IAM may take; return an empty string, or the code of the last error."""
    return until_accepted(lab, lambda: refusal(call, **parameters))


def eventually_denied(lab: Lab, call: Callable[..., Any], **parameters: Any) -> str:  # noqa: ANN401  # of any operation
    """Call until it is denied, for as long as IAM may take; return the code, or what came last: empty if accepted."""
    code = ""

    def denied() -> bool:
        nonlocal code
        code = refusal(call, **parameters)
        return code in DENIED

    lab.settles(denied, _patience(lab))
    return code


def _patience(lab: Lab) -> float:
    return min(PROPAGATION_SECONDS, lab.environment.settle_seconds)
