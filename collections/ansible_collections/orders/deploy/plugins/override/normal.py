"""Replace the action by which Ansible runs every module that has none of its own. ansible.cfg names this folder."""

from __future__ import annotations

from typing import Any

from ansible.plugins.loader import action_loader

Normal = action_loader.get("ansible.builtin.normal", class_only=True)

# How AWS services say that a session token has expired: the common errors of each, and RequestExpired of EC2.
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
RENEW = (
    "The AWS credentials expired while this ran. Renew them (docs/aws.md, Credentials) and run the same command again: "
    "it continues with what is there."
)


class ActionModule(Normal):  # type: ignore[misc, valid-type]  # Ansible has no types
    """Says what to do if a module fails because the credentials have expired."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the module of the task."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        error = result.get("error")
        if isinstance(error, dict) and error.get("code") in EXPIRED:
            result["msg"] = f"{result.get('msg', '')}\n{RENEW}"
        return result
