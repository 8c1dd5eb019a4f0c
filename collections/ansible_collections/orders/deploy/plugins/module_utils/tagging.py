"""Calls that change the tags of a resource; each service of AWS names their arguments in its own way."""

from __future__ import annotations

from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
    compare_aws_tags,
)

from ansible_collections.orders.deploy.plugins.module_utils.aws import Call


def tag_calls(
    resource: dict[str, str],
    current: list[dict[str, str]],
    wanted: dict[str, str],
    fields: tuple[str, str] = ("Key", "Value"),
) -> list[Call]:
    """Return the calls that give a resource the wanted tags, and remove all others.

    ``resource`` is the argument that identifies it, such as ``{"ResourceARN": "arn:..."}``. If its name begins in lower
    case, so do those of the other arguments. ``current`` lists the tags as the service does, and ``fields`` names the
    two fields of a tag.
    """
    lower_case = next(iter(resource))[0].islower()
    tags, keys = ("tags", "tagKeys") if lower_case else ("Tags", "TagKeys")
    to_set, to_remove = compare_aws_tags(boto3_tag_list_to_ansible_dict(current), wanted)
    calls = []
    if to_set:
        calls.append(Call("tag_resource", {**resource, tags: ansible_dict_to_boto3_tag_list(to_set, *fields)}))
    if to_remove:
        calls.append(Call("untag_resource", {**resource, keys: to_remove}))
    return calls
