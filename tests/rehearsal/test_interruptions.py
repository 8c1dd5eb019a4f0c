"""Runs that AWS breaks off in the middle are completed by the next, and what they left is removed by the last teardown.

Each test is a step that needs the steps before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.rehearsal.conftest import StandIn

pytestmark = pytest.mark.timeout(900)  # it builds images and runs playbooks with a hundred tasks

RENEW = "The AWS credentials expired while this ran. Renew them"


def expires(stand_in: StandIn, playbook: str) -> None:
    """Check that credentials that expire in the middle end a run with what to do."""
    with stand_in.behaving("expired_token") as (expired_token,):
        play = stand_in.play(playbook)
    stand_in.renew_credentials()
    assert expired_token.shown
    assert play.status != 0
    assert RENEW in play.output
    assert stand_in.resources() != {}


def completes(stand_in: StandIn, playbook: str) -> None:
    """Check that a run completes what one left whose answers were lost."""
    with stand_in.behaving("lost_answers") as (lost_answers,):
        stand_in.play(playbook)  # it may fail
    assert lost_answers.shown
    assert stand_in.play(playbook).status == 0


def test_expired_credentials_end_a_deployment_with_what_to_do(stand_in: StandIn) -> None:
    expires(stand_in, "site.yml")


def test_after_lost_answers_the_next_deployment_completes(stand_in: StandIn) -> None:
    completes(stand_in, "site.yml")


def test_expired_credentials_end_a_teardown_with_what_to_do(stand_in: StandIn) -> None:
    expires(stand_in, "playbooks/teardown.yml")


def test_after_lost_answers_the_next_teardown_leaves_nothing(stand_in: StandIn) -> None:
    completes(stand_in, "playbooks/teardown.yml")
    assert stand_in.resources() == {}
