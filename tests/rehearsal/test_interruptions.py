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


@pytest.mark.parametrize("playbook", ["site.yml", "playbooks/teardown.yml"])
class TestInterruptions:
    """The same for a deployment and a teardown."""

    def test_expired_credentials_end_the_run_with_what_to_do(self, stand_in: StandIn, playbook: str) -> None:
        with stand_in.behaving("expired_token") as (expired_token,):
            play = stand_in.play(playbook)
        assert expired_token.shown
        assert play.status != 0
        assert RENEW in play.output
        assert stand_in.resources() != {}

    def test_after_lost_answers_the_next_run_completes(self, stand_in: StandIn, playbook: str) -> None:
        stand_in.renew_credentials()
        with stand_in.behaving("lost_answers") as (lost_answers,):
            stand_in.play(playbook)  # it may fail
        assert lost_answers.shown
        assert stand_in.play(playbook).status == 0


def test_nothing_is_left(stand_in: StandIn) -> None:
    assert stand_in.resources() == {}
