"""What the policies of users and roles permit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probes import stage
from probes.behaviours.sources import IAM, IAM_API, SERVICE_AUTHORIZATION, SNS, SQS, STS_API
from probes.errors import expect_refused, refusal
from probes.identity import (
    DENIED,
    Role,
    User,
    account_of,
    allow,
    deny,
    eventually_denied,
    eventually_permitted,
    policy,
    until_accepted,
)
from probes.probe import expect, probe
from probes.queue import Queue
from probes.topic import Topic

if TYPE_CHECKING:
    from probes.lab import Lab

_LOGIC = f"{IAM}reference_policies_evaluation-logic.html"
_CONDITIONS = f"{IAM}reference_policies_elements_condition_operators.html"
_ROLES = "roles/iam_roles/tasks/roles.yml"
_POLICIES = "docs/deployer-policies"
_CORRECTIONS = "roles/emulator/files/correct_ministack.py"


def _send(user: User, queue: Queue) -> dict[str, Any]:
    return {"call": user.client("sqs").send_message, "QueueUrl": queue.url, "MessageBody": "hello"}


@probe(_LOGIC, used_by=_ROLES, seconds=150)
def nothing_is_allowed_by_default(lab: Lab) -> None:
    """A user without policies is denied every call: AccessDenied."""
    queue, user = Queue(lab), User(lab)
    code = eventually_denied(lab, **_send(user, queue))
    expect(code in DENIED, f"refused with {code}" if code else "permitted")


@probe(_LOGIC, used_by=_ROLES, seconds=150)
def an_allow_permits(lab: Lab) -> None:
    """A statement that allows an action on a resource permits it there, and nowhere else."""
    queue, other = Queue(lab), Queue(lab)
    user = User(lab, allow("sqs:SendMessage", on=queue.arn))
    code = eventually_permitted(lab, **_send(user, queue))
    expect(not code, f"what is allowed is refused with {code}")
    code = refusal(**_send(user, other))
    expect(code in DENIED, f"on another queue: refused with {code}" if code else "permitted on another queue")


@probe(_LOGIC, used_by=_POLICIES, seconds=150)
def a_deny_wins(lab: Lab) -> None:
    """An explicit deny wins over any allow."""
    queue = Queue(lab)
    user = User(lab, allow("sqs:*"), deny("sqs:SendMessage", on=queue.arn))
    read = {"QueueUrl": queue.url, "AttributeNames": ["QueueArn"]}
    code = eventually_permitted(lab, user.client("sqs").get_queue_attributes, **read)
    expect(not code, f"what is allowed is refused with {code}")
    code = refusal(**_send(user, queue))
    expect(code in DENIED, f"refused with {code}" if code else "permitted")


@probe(_CONDITIONS, used_by=_POLICIES, seconds=150)
def a_condition_limits_an_allow(lab: Lab) -> None:
    """A statement applies where its condition holds: that for this region does, that for another does not."""
    queue = Queue(lab)
    region = queue.client.meta.region_name
    user = User(
        lab,
        allow("sqs:SendMessage", Condition={"StringEquals": {"aws:RequestedRegion": region}}),
        allow("sqs:GetQueueAttributes", Condition={"StringEquals": {"aws:RequestedRegion": "xx-nowhere-1"}}),
    )
    code = eventually_permitted(lab, **_send(user, queue))
    expect(not code, f"what is allowed in this region is refused with {code}")
    code = refusal(user.client("sqs").get_queue_attributes, QueueUrl=queue.url, AttributeNames=["QueueArn"])
    expect(
        code in DENIED, f"allowed in another region: refused with {code}" if code else "permitted in the wrong region"
    )


@probe(f"{IAM}access_policies_boundaries.html", used_by="roles/iam_roles/defaults/main.yml", seconds=150)
def a_boundary_limits_a_user(lab: Lab) -> None:
    """A user may do what both its policies and its permissions boundary allow."""
    iam = lab.client("iam")
    queue = Queue(lab)
    arn = iam.create_policy(PolicyName=lab.name(), PolicyDocument=policy(allow("sqs:GetQueueAttributes")))["Policy"][
        "Arn"
    ]
    lab.defer(iam.delete_policy, PolicyArn=arn)
    user = User(lab, allow("sqs:*"), boundary=arn)
    read = {"call": user.client("sqs").get_queue_attributes, "QueueUrl": queue.url, "AttributeNames": ["QueueArn"]}
    code = eventually_permitted(lab, **read)
    expect(not code, f"what policy and boundary allow is refused with {code}")
    code = refusal(**_send(user, queue))
    expect(code in DENIED, f"refused with {code}" if code else "permitted what the boundary does not allow")


@probe(
    f"{IAM}reference_policies_iam-condition-keys.html",
    f"{IAM}access_policies_boundaries.html",
    used_by=_CORRECTIONS,
    seconds=150,
)
def a_boundary_can_be_required(lab: Lab) -> None:
    """With the condition iam:PermissionsBoundary, roles can be created with that boundary, and not without."""
    iam = lab.client("iam")
    boundary = iam.create_policy(PolicyName=lab.name(), PolicyDocument=policy(allow("sqs:*")))["Policy"]["Arn"]
    lab.defer(iam.delete_policy, PolicyArn=boundary)
    user = User(lab, allow("iam:CreateRole", Condition={"StringEquals": {"iam:PermissionsBoundary": boundary}}))
    trust = policy({"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"})
    names = [lab.name(), lab.name()]
    for name in names:
        lab.defer(iam.delete_role, RoleName=name)
    create = {"call": user.client("iam").create_role, "AssumeRolePolicyDocument": trust}
    code = until_accepted(lab, lambda: refusal(**create, RoleName=names[0], PermissionsBoundary=boundary))
    expect(not code, f"with the boundary: refused with {code}")
    code = refusal(**create, RoleName=names[1])
    expect(code in DENIED, f"without it: refused with {code}" if code else "permitted without it")


@probe(
    f"{SERVICE_AUTHORIZATION}list_amazonsns.html",
    f"{SNS}sns-using-identity-based-policies.html",
    used_by=_CORRECTIONS,
    seconds=150,
)
def publishing_covers_batches(lab: Lab) -> None:
    """sns:Publish is what PublishBatch needs: there is no action of its own."""
    topic = Topic(lab)
    user = User(lab, allow("sns:Publish", on=topic.arn))
    entries = [{"Id": "1", "Message": "hello"}]
    call = {"call": user.client("sns").publish_batch, "TopicArn": topic.arn, "PublishBatchRequestEntries": entries}
    code = eventually_permitted(lab, **call)
    expect(not code, f"refused with {code}")


@probe(
    f"{SERVICE_AUTHORIZATION}list_amazonsqs.html",
    f"{SQS}sqs-api-permissions-reference.html",
    used_by=_CORRECTIONS,
    seconds=150,
)
def a_queue_s_permissions_cover_batches(lab: Lab) -> None:
    """sqs:SendMessage is what SendMessageBatch needs, sqs:DeleteMessage what DeleteMessageBatch does."""
    queue = Queue(lab)
    user = User(lab, allow("sqs:SendMessage", "sqs:DeleteMessage", on=queue.arn))
    client = user.client("sqs")
    send = {"QueueUrl": queue.url, "Entries": [{"Id": "1", "MessageBody": "hello"}]}
    code = eventually_permitted(lab, client.send_message_batch, **send)
    expect(not code, f"SendMessageBatch is refused with {code}")
    code = refusal(client.delete_message_batch, QueueUrl=queue.url, Entries=[{"Id": "1", "ReceiptHandle": "none"}])
    expect(code not in DENIED, f"DeleteMessageBatch is refused with {code}")


@probe(f"{IAM}id_roles_use_passrole.html", used_by=_CORRECTIONS, seconds=150)
def roles_have_to_be_passed(lab: Lab) -> None:
    """To register a task definition with a role, a user needs iam:PassRole for that role, too."""
    role = Role(lab, {"Service": "ecs-tasks.amazonaws.com"})
    root = lab.client("ecs")

    def register(user: User) -> str:
        def call() -> None:
            registered = user.client("ecs").register_task_definition(
                family=lab.name(),
                taskRoleArn=role.arn,
                networkMode="awsvpc",
                requiresCompatibilities=["FARGATE"],
                cpu="256",
                memory="512",
                containerDefinitions=[{"name": "main", "image": "none", "essential": True}],
            )
            arn = registered["taskDefinition"]["taskDefinitionArn"]
            lab.defer(root.deregister_task_definition, taskDefinition=arn)

        return refusal(call)

    may = User(lab, allow("ecs:RegisterTaskDefinition"), allow("iam:PassRole", on=role.arn))
    may_not = User(lab, allow("ecs:RegisterTaskDefinition"))
    code = until_accepted(lab, lambda: register(may))
    expect(not code, f"with iam:PassRole, refused with {code}")
    code = register(may_not)
    expect(code in (*DENIED, "ClientException"), f"refused with {code}" if code else "permitted without iam:PassRole")


@probe(f"{IAM}id_roles_terms-and-concepts.html", f"{STS_API}API_AssumeRole.html", used_by=_ROLES, seconds=180)
def a_role_has_its_own_permissions(lab: Lab) -> None:
    """Who assumes a role may do what the role may, and nothing of what they may themselves."""
    first, second = Queue(lab), Queue(lab)
    user = User(lab, allow("sts:AssumeRole"), allow("sqs:SendMessage", on=first.arn))
    role = Role(lab, {"AWS": f"arn:aws:iam::{account_of(lab)}:root"}, allow("sqs:SendMessage", on=second.arn))
    sts = user.client("sts")
    code = eventually_permitted(lab, sts.assume_role, RoleArn=role.arn, RoleSessionName="probe")
    expect(not code, f"AssumeRole is refused with {code}")
    given = sts.assume_role(RoleArn=role.arn, RoleSessionName="probe")["Credentials"]
    sqs = lab.client("sqs", given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    code = eventually_permitted(lab, sqs.send_message, QueueUrl=second.url, MessageBody="hello")
    expect(not code, f"what the role may is refused with {code}")
    code = refusal(sqs.send_message, QueueUrl=first.url, MessageBody="hello")
    expect(
        code in DENIED, f"what only the user may: refused with {code}" if code else "permitted what only the user may"
    )


@probe(f"{IAM}reference_policies_elements_principal.html", f"{STS_API}API_AssumeRole.html", seconds=150)
def a_role_names_who_may_assume_it(lab: Lab) -> None:
    """A user whom the trust policy of a role does not name cannot assume it, whatever the user's policies allow."""
    user = User(lab, allow("sts:AssumeRole"))
    role = Role(lab, {"Service": "ecs-tasks.amazonaws.com"})
    code = eventually_denied(lab, user.client("sts").assume_role, RoleArn=role.arn, RoleSessionName="probe")
    expect(code in DENIED, f"refused with {code}" if code else "permitted")


@probe(f"{IAM}access_policies.html#policies_session", f"{STS_API}API_AssumeRole.html", seconds=150)
def a_session_policy_limits(lab: Lab) -> None:
    """A policy that is passed to AssumeRole limits the session to what both it and the role allow."""
    queue = Queue(lab)
    user = User(lab, allow("sts:AssumeRole"))
    role = Role(lab, {"AWS": f"arn:aws:iam::{account_of(lab)}:root"}, allow("sqs:*"))
    wanted = {
        "RoleArn": role.arn,
        "RoleSessionName": "probe",
        "Policy": policy(allow("sqs:GetQueueAttributes")),
    }
    sts = user.client("sts")
    code = eventually_permitted(lab, sts.assume_role, **wanted)
    expect(not code, f"AssumeRole is refused with {code}")
    given = sts.assume_role(**wanted)["Credentials"]
    sqs = lab.client("sqs", given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    code = eventually_permitted(lab, sqs.get_queue_attributes, QueueUrl=queue.url, AttributeNames=["QueueArn"])
    expect(not code, f"what both allow is refused with {code}")
    code = refusal(sqs.send_message, QueueUrl=queue.url, MessageBody="hello")
    expect(code in DENIED, f"refused with {code}" if code else "permitted what only the role allows")


@probe(f"{SERVICE_AUTHORIZATION}list_amazonec2.html", used_by=_CORRECTIONS, seconds=150)
def creating_with_tags_needs_a_permission_for_them(lab: Lab) -> None:
    """CreateSecurityGroup with tags needs ec2:CreateTags, too; and a condition can ask for a tag in the request."""
    vpc = lab.shared.once(stage.network).vpc
    user = User(
        lab,
        allow("ec2:CreateSecurityGroup"),
        allow("ec2:CreateTags", Condition={"StringEquals": {"aws:RequestTag/project": "probe"}}),
    )
    root, ec2 = lab.client("ec2"), user.client("ec2")

    def create(tag: str) -> str:
        def call() -> None:
            group = ec2.create_security_group(VpcId=vpc, **_security_group(lab, tag))["GroupId"]
            lab.defer(root.delete_security_group, GroupId=group)

        return refusal(call)

    code = until_accepted(lab, lambda: create("probe"))
    expect(not code, f"with the tag that is allowed: refused with {code}")
    code = create("other")
    expect(code in DENIED, f"with another tag: refused with {code}" if code else "permitted with another tag")


def _security_group(lab: Lab, tag: str) -> dict[str, Any]:
    """Return the parameters of a security group with a tag `project`."""
    tags = [{"ResourceType": "security-group", "Tags": [{"Key": "project", "Value": tag}]}]
    return {"GroupName": lab.name(), "Description": "orders-probe", "TagSpecifications": tags}


@probe(f"{IAM}access_tags.html", f"{SERVICE_AUTHORIZATION}list_amazonec2.html", used_by=_CORRECTIONS, seconds=150)
def tags_of_a_resource_can_be_required(lab: Lab) -> None:
    """With the condition aws:ResourceTag, what has the tag may be removed, and what has another may not."""
    vpc = lab.shared.once(stage.network).vpc
    ec2 = lab.client("ec2")
    groups = []
    for tag in ("probe", "other"):
        groups.append(ec2.create_security_group(VpcId=vpc, **_security_group(lab, tag))["GroupId"])
        lab.defer(ec2.delete_security_group, GroupId=groups[-1])
    user = User(lab, allow("ec2:DeleteSecurityGroup", Condition={"StringEquals": {"aws:ResourceTag/project": "probe"}}))
    delete = user.client("ec2").delete_security_group
    code = until_accepted(lab, lambda: refusal(delete, GroupId=groups[0]))
    expect(not code, f"with the tag: refused with {code}")
    code = refusal(delete, GroupId=groups[1])
    expect(code in DENIED, f"with another tag: refused with {code}" if code else "permitted with another tag")


@probe(f"{IAM_API}API_DeleteRole.html", used_by="habits/habits.yml")
def a_role_with_policies_cannot_be_deleted(lab: Lab) -> None:
    """A role that has a policy cannot be deleted: DeleteConflict."""
    role = Role(lab, {"Service": "ecs-tasks.amazonaws.com"}, allow("sqs:SendMessage"))
    expect_refused("DeleteConflict", lab.client("iam").delete_role, RoleName=role.name)


@probe(f"{IAM_API}API_PutRolePolicy.html")
def a_malformed_policy_is_refused(lab: Lab) -> None:
    """A policy with a mistake is refused with MalformedPolicyDocument."""
    role = Role(lab, {"Service": "ecs-tasks.amazonaws.com"})
    expect_refused(
        "MalformedPolicyDocument MalformedPolicyDocumentException",
        lab.client("iam").put_role_policy,
        RoleName=role.name,
        PolicyName="probe",
        PolicyDocument=policy({**allow("sqs:*"), "Effect": "Perhaps"}),
    )
