"""Patches of MiniStack for IAM, which correct_ministack.py applies.

MiniStack does not know the condition key iam:PermissionsBoundary, so a policy that requires a boundary allows
nothing. It authorizes a call of EC2 for one resource, where AWS does so for each that the call creates or names, and
for the tags of new ones. It does not require iam:PassRole for the roles of a task.
"""

IAM_PATCHES = [
    # The boundary in the request (CreateRole, PutRolePermissionsBoundary), or else that of the role.
    (
        "ministack.app",
        """\
                               **(service_context or {})}
            # A DynamoDB transaction""",
        """\
                               **(service_context or {})}
            if service == "iam":
                from ministack.core.iam_actions import _query_param

                role = _get_module("iam")._roles.get(_query_param(routing_params, "RoleName")) or {}
                requested = _query_param(routing_params, "PermissionsBoundary")
                if boundary := requested or role.get("PermissionsBoundary"):
                    service_context["iam:PermissionsBoundary"] = boundary
            # A DynamoDB transaction""",
    ),
    (
        "ministack.app",
        """\
            # A Verified Access call is also checked""",
        """\
            if service in ("ec2", "ecs") and not denied:
                from ministack.core.iam_actions import ec2_authorizations, ecs_passed_roles

                more = (
                    ec2_authorizations(routing_params, region, get_account_id(), service_context)[1:]
                    if service == "ec2" else ecs_passed_roles(body)
                )
                for extra_action, extra_arn, keys in more:
                    denied = enforce(
                        access_key, extra_action, service, region, resource_arn=extra_arn, service_context=keys,
                    )
                    if denied:
                        iam_action, resource_arn = extra_action, extra_arn
                        break
            # A Verified Access call is also checked""",
    ),
    (
        "ministack.core.iam_actions",
        """\
def verified_access_resource_arns(""",
        """\
_EC2_CREATED = {
    "AllocateAddress": "elastic-ip",
    "CreateInternetGateway": "internet-gateway",
    "CreateNatGateway": "natgateway",
    "CreateRouteTable": "route-table",
    "CreateSecurityGroup": "security-group",
    "CreateSubnet": "subnet",
    "CreateVpc": "vpc",
    "CreateVpcEndpoint": "vpc-endpoint",
}
_EC2_TYPES = {
    "eipalloc": "elastic-ip",
    "igw": "internet-gateway",
    "nat": "natgateway",
    "rtb": "route-table",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "subnet": "subnet",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
}
_EC2_NAMED_RE = re.compile(
    r"^(?:Add|Remove)?(?:VpcId|SubnetId|SecurityGroupId|GroupId|InternetGatewayId|RouteTableId|AllocationId"
    r"|NatGatewayId|VpcEndpointId|ResourceId)(?:\\.\\d+)?$")


def ec2_authorizations(params: dict, region: str, account_id: str, context: dict) -> list[tuple[str, str, dict]]:
    \"\"\"What EC2 authorizes of a call: (action, ARN, condition keys), first the new resource.\"\"\"
    action = _query_param(params, "Action")
    created = _EC2_CREATED.get(action)
    named = [_query_param(params, name) for name in params if _EC2_NAMED_RE.match(name)]
    if action == "DisassociateRouteTable":
        from ministack.services import ec2

        association = _query_param(params, "AssociationId")
        named += [table["RouteTableId"] for table in ec2._route_tables.values()
                  if any(each["RouteTableAssociationId"] == association for each in table["Associations"])]
    named = [value for value in named if value.partition("-")[0] in _EC2_TYPES]
    if action.startswith("Describe") or "VerifiedAccess" in action or not (created or named):
        return []
    prefix = f"arn:aws:ec2:{region}:{account_id}:"
    # The tags of a request count for the resource that gets them.
    others = context if action in ("CreateTags", "DeleteTags") else {
        key: value for key, value in context.items() if not key.lower().startswith(("aws:requesttag/", "aws:tagkeys"))}
    found = [(f"ec2:{action}", f"{prefix}{created}/*", context)] if created else []
    found += [(f"ec2:{action}", f"{prefix}{_EC2_TYPES[value.partition('-')[0]]}/{value}", others) for value in named]
    if created and any(name.startswith("TagSpecification.") for name in params):
        found.append(("ec2:CreateTags", f"{prefix}{created}/*", {**context, "ec2:CreateAction": action}))
    return found


def ecs_passed_roles(body: bytes) -> list[tuple[str, str, dict]]:
    \"\"\"What ECS authorizes of a call: iam:PassRole (action, ARN, condition keys) for each role.\"\"\"
    try:
        data = json.loads(body or b"{}")
    except (json.JSONDecodeError, UnicodeDecodeError):
        return []
    named = [data, data.get("overrides")] if isinstance(data, dict) else []
    keys = {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
    return [("iam:PassRole", arn, keys) for each in named if isinstance(each, dict)
            for field in ("taskRoleArn", "executionRoleArn") if (arn := each.get(field))]


def verified_access_resource_arns(""",
    ),
    (
        "ministack.core.iam_actions",
        """\
        _EC2_RESOURCE_FIELDS = [""",
        """\
        authorized = ec2_authorizations(query_params, region, account_id, {})
        if authorized:
            return authorized[0][1]
        _EC2_RESOURCE_FIELDS = [""",
    ),
    # The tags in TagSpecifications are aws:RequestTag too.
    (
        "ministack.core.iam_actions",
        """\
_TAG_MEMBERS = frozenset({"Tags", "tags", "TagKeys"})
""",
        """\
_TAG_MEMBERS = frozenset({"Tags", "tags", "TagKeys", "TagSpecifications"})
""",
    ),
    # EC2 has aws:ResourceTag.
    (
        "ministack.services.tagging",
        """\
    parts = arn.split(":", 5)
    collect = _RESOURCE_TAG_COLLECTORS""",
        """\
    parts = arn.split(":", 5)
    if len(parts) == 6 and parts[2] == "ec2":
        import ministack.services.ec2 as svc
        return {t["Key"]: t["Value"] for t in svc._tags.get(parts[5].rpartition("/")[2]) or []}
    collect = _RESOURCE_TAG_COLLECTORS""",
    ),
]
