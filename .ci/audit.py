"""Looks the locked versions up in the vulnerability service.

A known vulnerability fails. A service that can't be asked does not: it is said clearly, and the rest goes on.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

LOCK = "requirements-dev.lock"


def main() -> int:
    command = [str(Path(sys.executable).with_name("pip-audit")), "--require-hashes", "--disable-pip"]
    command += ["--progress-spinner", "off", "--timeout", "20", "--format", "json", "--requirement", LOCK]
    run = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    try:
        packages = json.loads(run.stdout)["dependencies"]
    except (ValueError, KeyError):
        say(f"AUDIT NOT DONE: the vulnerability service could not be asked.\n{run.stderr.strip()[-500:]}")
        return 0
    found = [(package, flaw) for package in packages for flaw in package.get("vulns", [])]
    for package, flaw in found:
        fixed = ", ".join(flaw["fix_versions"]) or "no version yet"
        say(f"{package['name']} {package['version']}: {flaw['id']}, fixed in {fixed}")
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    if unknown and len(unknown) == len(packages):
        say(f"AUDIT NOT DONE: the vulnerability service knew none of the {len(packages)} locked packages.")
    elif unknown:
        say(f"Not audited ({len(unknown)} of {len(packages)}): {', '.join(unknown)}")
    if not found and len(unknown) < len(packages):
        say(f"No known vulnerability in {len(packages) - len(unknown)} packages.")
    return 1 if found else 0


def say(text: str) -> None:
    print(text)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
