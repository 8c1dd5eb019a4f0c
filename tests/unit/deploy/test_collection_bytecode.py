from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]

FILTER = """
from ansible_collections.kept.test.plugins.plugin_utils.value import VALUE

class FilterModule:
    def filters(self):
        return {"value": lambda _: VALUE}
"""


def value(folder: Path) -> int:
    """Return what a play reads from the collection in ``folder``."""
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [{"ansible.builtin.debug": {"msg": "{{ 0 | kept.test.value }}"}}],
    }
    (folder / "play.yml").write_text(json.dumps([play]))
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | {
        "ANSIBLE_COLLECTIONS_PATH": f"{folder}:{ROOT / 'collections'}",
        "ANSIBLE_CALLBACKS_ENABLED": "orders.deploy.preload",
        "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
    }
    command = [Path(sys.executable).with_name("ansible-playbook"), "-i", "localhost,", "-c", "local", "play.yml"]
    done = subprocess.run(  # noqa: S603  # a command of this test
        [*map(str, command)], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    (task,) = json.loads(done.stdout)["plays"][0]["tasks"]
    returned: int = task["hosts"]["localhost"]["msg"]
    return returned


def test_a_run_reads_the_bytecode_of_the_one_before_unless_the_source_was_changed(tmp_path: Path) -> None:
    plugins = tmp_path / "ansible_collections/kept/test/plugins"
    source = plugins / "plugin_utils/value.py"
    for path, text in ((plugins / "filter/value.py", FILTER), (source, "VALUE = 1")):
        path.parent.mkdir(parents=True)
        path.write_text(text)
    time = source.stat().st_mtime
    values = [value(tmp_path)]

    source.write_text("VALUE = 2")
    os.utime(source, (time, time))  # as if it was not changed
    values.append(value(tmp_path))

    os.utime(source, (time, time + 1))
    values.append(value(tmp_path))

    assert values == [1, 1, 2]
