"""Correct what MiniStack answers otherwise than AWS, and what the deployment cannot do without.

Runs once, while MiniStack's image is built. A correction whose place is not found ends the build: the release has
changed there, and may not need it any more.
"""

import shutil
import sysconfig
from importlib.util import find_spec
from pathlib import Path

CORRECTIONS = [
    # Much is served to anyone: ministack_gate.py refuses it.
    (
        "ministack.app",
        """\
    if scope["type"] == "websocket":
        # WebSocket APIs are reachable two ways:
""",
        """\
    from ministack_gate import refuse
    if await refuse(scope, send):
        return

    if scope["type"] == "websocket":
        # WebSocket APIs are reachable two ways:
""",
    ),
    (
        "ministack.services.ecr",
        """\
    token = base64.b64encode(b"AWS:ministack-auth-token").decode()
""",
        """\
    from ministack_gate import registry_password
    token = base64.b64encode(f"AWS:{registry_password()}".encode()).decode()
""",
    ),
    # With AUTH=true no key, `test`, and any account number are still the keys of its root, who may do everything. Its
    # signature is not checked, so the key itself has to be a secret.
    (
        "ministack.core.iam_evaluator",
        """\
    return (
        not access_key_id
        or access_key_id == "test"
        or access_key_id == configured_key
        or bool(_ACCOUNT_ID_RE.fullmatch(access_key_id))
    )
""",
        """\
    return hmac.compare_digest((access_key_id or "").encode(), configured_key.encode())
""",
    ),
    # Containers get neither the read-only root and the dropped capabilities of their definition, nor its memory.
    (
        "ministack.services.ecs",
        """\
    if cap_add:
        kwargs["cap_add"] = cap_add
""",
        """\
    if cap_add:
        kwargs["cap_add"] = cap_add
    if cap_drop := caps.get("drop"):
        kwargs["cap_drop"] = cap_drop
    if cdef.get("readonlyRootFilesystem"):
        kwargs["read_only"] = True
    if memory := cdef.get("memory") or td.get("memory"):
        kwargs["mem_limit"] = f"{memory}m"
""",
    ),
    # DescribeTargetGroups answers an unknown name with an empty list, where AWS says TargetGroupNotFound. The module
    # elb_target_group counts on that error and crashes without it.
    (
        "ministack.services.alb",
        """\
        results = [tg for tg in results if tg["TargetGroupName"] in name_filter]
    if lb_arn:
""",
        """\
        results = [tg for tg in results if tg["TargetGroupName"] in name_filter]
        if not results:
            return _error("TargetGroupNotFound", "One or more target groups not found", 400)
    if lb_arn:
""",
    ),
    # ECS offers a task the credentials of its role at an address that botocore refuses to ask, as it is neither
    # loopback nor that of AWS; and they would be of no role. So the task gets its role's credentials themselves,
    # unless its definition has others.
    (
        "ministack.services.ecs",
        """\
    env["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = secrets.token_urlsafe(32)
""",
        """\
    env["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = secrets.token_urlsafe(32)
    if td.get("taskRoleArn") and "AWS_ACCESS_KEY_ID" not in env:
        from ministack.core.lambda_runtime import execution_credentials
        task_id = task_arn.rsplit("/", 1)[-1]
        env.update(execution_credentials({
            "FunctionArn": f"arn:aws:lambda:{get_region()}:{get_account_id()}:function:{task_id}",
            "FunctionName": task_id,
            "Role": td["taskRoleArn"],
        }))
""",
    ),
    # A call of a batch needs the same permission as one of a single message: there is no action sns:PublishBatch. SNS
    # names its operation in the query, SQS in a header.
    (
        "ministack.core.iam_actions",
        """\
        return f"{namespace}:{action_name}"

    # Tier 2:""",
        """\
        return f"{namespace}:{action_name.removesuffix('Batch') if service == 'sns' else action_name}"

    # Tier 2:""",
    ),
    (
        "ministack.core.iam_actions",
        """\
        return f"{namespace}:{action_name}"

    # Tier 3:""",
        """\
        return f"{namespace}:{action_name.removesuffix('Batch') if service == 'sqs' else action_name}"

    # Tier 3:""",
    ),
]


def main() -> None:
    """Apply every correction, or raise SystemExit naming the first that does not fit; install the gate."""
    for module, wrong, right in CORRECTIONS:
        spec = find_spec(module)
        if spec is None or spec.origin is None:
            message = f"{module}: no such module in this release"
            raise SystemExit(message)
        source = Path(spec.origin)
        text = source.read_text()
        if text.count(wrong) != 1:
            message = f"{module}: what is to be corrected stands there {text.count(wrong)} times instead of once"
            raise SystemExit(message)
        source.write_text(text.replace(wrong, right))
    gate = Path(__file__).with_name("ministack_gate.py")
    shutil.copy(gate, sysconfig.get_path("purelib"))


if __name__ == "__main__":
    main()
