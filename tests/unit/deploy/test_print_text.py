from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.conftest import Play

TEXT = f"""\
  A "table" of 100 %:

  queue    depth
  orders       3  {"x" * 200}
"""


def test_a_text_is_shown_as_it_is(play: Play) -> None:
    played = play(
        """
- hosts: localhost
  gather_facts: false
  tasks:
    - orders.deploy.print_text:
        text: "{{ text }}"
""",
        "--extra-vars",
        json.dumps({"text": TEXT}),
    )

    assert TEXT in played.output
