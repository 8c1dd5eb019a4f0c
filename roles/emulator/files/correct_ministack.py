"""Patch MiniStack where it differs from AWS in a way that breaks the deployment, or keeps the computer busy.

Runs once, while MiniStack's image is built. A patch that does not apply fails the build: the release has changed
there, and may no longer need the patch.
"""

from importlib.util import find_spec
from pathlib import Path

from ministack_iam_patches import IAM_PATCHES

PATCHES = [
    *IAM_PATCHES,
    # Serves much to anyone. The gate (ministack_gate.py) refuses that.
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
    # With AUTH=true, an empty key, `test` and any account number are still keys of the root user, who may do
    # everything. The root user's signature is not verified, so its key has to be a secret.
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
    # When it is first called for a service that it lacks, it reads the descriptions of all services, and answers nobody
    # for seconds. The names are enough for most.
    (
        "ministack.core.router",
        """\
    global _KNOWN_AWS_SERVICE_NAMES
    if _KNOWN_AWS_SERVICE_NAMES is None:
""",
        """\
    global _KNOWN_AWS_SERVICE_NAMES
    import botocore.session
    if scope_name in botocore.session.get_session().get_available_services():
        return True
    if _KNOWN_AWS_SERVICE_NAMES is None:
""",
    ),
    # So a container reads the metadata of its task, without a key but with the task's token.
    (
        "ministack.app",
        """\
when its credentials fail.\"\"\"
    if not AUTH:
""",
        """\
when its credentials fail.\"\"\"
    if not AUTH or service == "ecs-metadata":
""",
    ),
    # Ignores the read-only root file system, the dropped capabilities and the memory of a task definition.
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
    # Inspects the container of each task every 0.1 s, which takes CPU from what is measured beside it. AWS is not that
    # quick to see that a task has ended. The interval has to be less than a second: so long after its tasks have
    # started, a deployment is complete, unless one of them was seen to end.
    (
        "ministack.services.ecs",
        """\
                if task.get("lastStatus") == "STOPPED":
                    return
                time.sleep(0.1)
""",
        """\
                if task.get("lastStatus") == "STOPPED":
                    return
                time.sleep(0.5)
""",
    ),
    # DescribeTargetGroups returns an empty list for an unknown name. AWS returns TargetGroupNotFound, and the module
    # elb_target_group crashes without that error.
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
    # DescribeAddresses ignores the addresses and tags that it is asked for. The module ec2_eip refuses to release one
    # of several, as a lost answer to AllocateAddress leaves them; a teardown would release those of other projects.
    (
        "ministack.services.ec2",
        """\
        if filter_ids and addr["AllocationId"] not in filter_ids:
            continue
        assoc =""",
        """\
        if filter_ids and addr["AllocationId"] not in filter_ids:
            continue
        if (filter_ips := _parse_member_list(p, "PublicIp")) and addr["PublicIp"] not in filter_ips:
            continue
        tags = {f"tag:{each['Key']}": each.get("Value", "") for each in _tags.get(addr["AllocationId"], [])}
        if any(tags.get(name) not in values for name, values in _parse_filters(p).items() if name.startswith("tag:")):
            continue
        assoc =""",
    ),
    # ECS offers a task its credentials at an address that botocore refuses, as it is neither loopback nor AWS's; and
    # these credentials belong to no role. So the task gets the credentials of its task role as environment variables,
    # unless its definition sets others.
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
    # A batch needs the same permission as a single message: IAM has no action sns:PublishBatch. SNS has the name of the
    # operation in the query, SQS in a header.
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
    """Apply every patch.

    Raises SystemExit, with the name of the module, for the first one that does not apply.
    """
    for module, original, replacement in PATCHES:
        spec = find_spec(module)
        if spec is None or spec.origin is None:
            message = f"{module}: no such module in this release"
            raise SystemExit(message)
        source = Path(spec.origin)
        text = source.read_text()
        if text.count(original) != 1:
            message = f"{module}: the code to replace occurs {text.count(original)} times instead of once"
            raise SystemExit(message)
        source.write_text(text.replace(original, replacement))


if __name__ == "__main__":
    main()
