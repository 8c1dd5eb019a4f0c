"""Report the known vulnerabilities of all locked packages. Run by `make audit`."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
EXCEPTIONS = HERE / "audit-exceptions.yml"
NO_DATA = 2  # the exit status if it is not known whether there are vulnerabilities


class NoDataError(Exception):
    """The vulnerability service does not answer, or does not know the packages."""


def audit(lock: Path, service: str) -> list[dict[str, Any]]:
    """Return the packages of a lock with their vulnerabilities, as pip-audit describes them.

    Raises NoDataError if a package could not be looked up.
    """
    # With hashes and without pip, it installs and resolves nothing.
    command = [sys.executable, "-m", "pip_audit", "--vulnerability-service", service, "--requirement", str(lock)]
    options = ["--require-hashes", "--disable-pip", "--format", "json", "--progress-spinner", "off"]
    run = subprocess.run([*command, *options], capture_output=True, text=True, check=False)  # noqa: S603  # built above
    try:
        packages: list[dict[str, Any]] = json.loads(run.stdout)["dependencies"]
    except (ValueError, KeyError) as error:
        raise NoDataError((run.stderr.strip() or "no answer").splitlines()[-1]) from error
    if skipped := [package for package in packages if "skip_reason" in package]:
        message = f"{len(skipped)} of {len(packages)} packages are not known there, such as {skipped[0]['name']}"
        raise NoDataError(message)
    return packages


def findings(lock: str, packages: list[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    """Return each vulnerability by lock and each of its identifiers, with the package."""
    return {
        (lock, identifier): {"package": f"{package['name']} {package['version']}", **vulnerability}
        for package in packages
        for vulnerability in package["vulns"]
        for identifier in [vulnerability["id"], *vulnerability.get("aliases", [])]
    }


def evaluate(found: dict[tuple[str, str], dict[str, Any]], exceptions: list[dict[str, str]]) -> list[str]:
    """Describe each vulnerability without an exception, and each exception that no vulnerability needs."""
    allowed = {(exception["lock"], exception["id"]) for exception in exceptions if exception["reason"]}
    excused = {(lock, found[lock, identifier]["id"]) for lock, identifier in allowed if (lock, identifier) in found}
    problems = [
        f"{lock}.txt: {each['package']} has {identifier}, "
        f"fixed in {', '.join(each.get('fix_versions', [])) or 'no version'}"
        for (lock, identifier), each in found.items()
        if identifier == each["id"] and (lock, identifier) not in excused
    ]
    stale = [f"{EXCEPTIONS.name}: {lock}.txt has no {identifier}: remove the exception"
             for lock, identifier in sorted(allowed - found.keys())]  # fmt: skip
    return problems + stale


def main() -> int:
    """Audit every lock; return 0, 1 if there is a problem, or 2 if there is no data."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--service", choices=["pypi", "osv"], default="pypi")
    service: str = parser.parse_args().service
    found: dict[tuple[str, str], dict[str, Any]] = {}
    locks = sorted(HERE.glob("*.txt"))
    for lock in locks:
        try:
            found |= findings(lock.stem, audit(lock, service))
        except NoDataError as error:
            print(  # noqa: T201  # the output of the program
                f"No data about vulnerabilities of {lock.name} from {service}: {error}\n"
                "Nothing is known about the locks. Run `make audit` on a computer that reaches PyPI's data, or with "
                "`ARGS='--service osv'` on one that reaches OSV's.",
                file=sys.stderr,
            )
            return NO_DATA
    problems = evaluate(found, yaml.safe_load(EXCEPTIONS.read_text())["exceptions"])
    print("\n".join(problems) or f"No known vulnerabilities in {len(locks)} locks without an exception")  # noqa: T201  # the output of the program
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
