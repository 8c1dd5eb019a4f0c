"""Private values are replaced, and what looks like them stays."""

from __future__ import annotations

import json

import pytest

from loadtest.trial.pseudonyms import Known, Pseudonyms

KNOWN = [
    Known("USER", "alice", word=True),
    Known("HOST", "lap-7", word=True),
    Known("HOME", "/data/alice"),
    Known("SECRET", "two words/="),
]


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("arn:aws:sns:us-west-2:999999999999:orders-events", "arn:aws:sns:us-west-2:ACCOUNT-1:orders-events"),
        ("999999999999.dkr.ecr.us-west-2.amazonaws.com/x", "ACCOUNT-1.dkr.ecr.us-west-2.amazonaws.com/x"),
        ("orders-results-999999999999-us-west-2", "orders-results-ACCOUNT-1-us-west-2"),
        ("arn%3Aaws%3Asqs%3A%3A999999999999%3Ax", "arn%3Aaws%3Asqs%3A%3AACCOUNT-1%3Ax"),
        (
            "User: arn:aws:iam::123456789012:user/team/bob is not authorized",
            "User: arn:aws:iam::ACCOUNT-1:user/USER-1 is not authorized",
        ),
        (
            "arn:aws:sts::123456789012:assumed-role/orders-us-west-2-api/0f3c",
            "arn:aws:sts::ACCOUNT-1:assumed-role/orders-us-west-2-api/USER-1",
        ),
        ("http://orders-1234567.us-west-2.elb.amazonaws.com:80/", "http://LOAD-BALANCER-1:80/"),
        ("internal-orders-1.cn-north-1.elb.amazonaws.com.cn", "LOAD-BALANCER-1"),
        ("vpc-0a1b2c3d subnet-0a1b2c3d4e5f60718, sg-0a1b2c3d", "VPC-1 SUBNET-1, SG-1"),
        ("vpce-0a1b2c3d vpc-0a1b2c3d vpce-0a1b2c3d", "VPCE-1 VPC-1 VPCE-1"),
        ("10.0.1.7/32, 10.0.2.7/32, 10.0.1.7", "IPV4-1/32, IPV4-2/32, IPV4-1"),
        ("2001:db8::7 and ::ffff:10.0.1.7", "IPV6-1 and IPV6-2"),
        ("ip-10-0-1-7.us-west-2.compute.internal", "INTERNAL-NAME-1.us-west-2.compute.internal"),
        ("AKIAIOSFODNN7EXAMPLE, ASIAIOSFODNN7EXAMPLE", "KEY-1, KEY-2"),
        ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKE1", "SECRET-1"),
        (f"token {'IQoJb3JpZ2luX2VjE' * 8}==", "token TOKEN-1"),
        ("bob@example.com, bob%40example.com", "EMAIL-1, EMAIL-2"),
        ("/home/bob/x and /Users/eve/y", "HOME-1/x and HOME-2/y"),
        ("alice's lap-7: alice, malice, alice2", "USER-1's HOST-1: USER-1, malice, alice2"),
        ("/data/alice/x", "HOME-1/x"),
        ("two words/= of alice@example.com", "SECRET-1 of EMAIL-1"),
        (r"\nalice\t10.0.0.1 \nvpc-0a1b2c3d \u00e9123456789012", r"\nUSER-1\tIPV4-1 \nVPC-1 \u00e9ACCOUNT-1"),
    ],
)
def test_private_values_have_pseudonyms(text: str, scrubbed: str) -> None:
    assert Pseudonyms(KNOWN).text(text) == scrubbed


@pytest.mark.parametrize(
    "text",
    [
        "0a1b2c3d-4e5f-4a7b-8c9d-123456789012",  # an order
        "1767615003.123456789012,0.999999999999,999999999999.5",
        "1767615003345",
        "sha256:999999999999" + "0a1b2c3d4e5f" * 4,
        "1234567890abcdef1234567890abcdef12345678",  # a commit
        "0.0.0.0/0 ::/0 127.0.0.1 1.5.33",
        "2026-01-05T12:10:00+00:00 at 12:10:00",
        "orders-us-west-2-api, i-am-here, api-12345678",
        "arn:aws:iam::aws:policy/AdministratorAccess",
    ],
)
def test_other_values_stay(text: str) -> None:
    assert Pseudonyms(KNOWN).text(text) == text


def test_a_value_has_the_same_pseudonym_in_all_texts() -> None:
    pseudonyms = Pseudonyms(KNOWN)

    first = pseudonyms.text("vpc-0a1b2c3d, then vpc-1a1b2c3d")

    assert (first, pseudonyms.text("vpc-1a1b2c3d")) == ("VPC-1, then VPC-2", "VPC-2")


def test_texts_of_a_document_are_replaced_and_its_numbers_stay() -> None:
    policy = json.dumps({"Principal": {"AWS": "arn:aws:iam::123456789012:root"}})
    document = {
        "alice": 1,
        "123456789012": [123456789012, True, None, 5.123456789012, 7],
        "policy": policy,
        "broken": '{"alice',
    }

    assert Pseudonyms(KNOWN).document(document) == {
        "alice": 1,
        "ACCOUNT-1": ["ACCOUNT-1", True, None, 5.123456789012, 7],
        "policy": policy.replace("123456789012", "ACCOUNT-1"),
        "broken": '{"USER-1',
    }


def test_a_name_that_json_escapes_is_found_in_json() -> None:
    pseudonyms = Pseudonyms([Known("USER", "josé", word=True)])

    assert pseudonyms.text(json.dumps({"by": "josé"})) == '{"by": "USER-1"}'
    assert pseudonyms.text("by josé") == "by USER-1"
