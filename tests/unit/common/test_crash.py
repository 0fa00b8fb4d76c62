"""Crash points kill this process at the nth passing, and only where they are known."""

import signal
import subprocess
import sys

import pytest

from services.common.crash import NAMES, CrashPoints


def test_a_process_dies_at_its_point_the_nth_time() -> None:
    program = (
        "from services.common.crash import CrashPoints\n"
        "crash = CrashPoints('requests.after_save:3')\n"
        "for n in range(1, 9):\n"
        "    crash.here('requests.before_save')\n"
        "    crash.here('requests.after_save')\n"
        "    print(n, flush=True)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert ended.stdout.split() == ["1", "2"]


def test_without_a_setting_nothing_happens() -> None:
    crash = CrashPoints()
    for name in NAMES:
        crash.here(name)


def test_an_unknown_point_is_refused() -> None:
    with pytest.raises(ValueError, match=r"requests\.whenever"):
        CrashPoints("requests.whenever")
    with pytest.raises(ValueError, match="whenever"):
        CrashPoints().here("requests.whenever")


def test_a_service_that_no_test_kills_passes_its_points_unharmed() -> None:
    CrashPoints().here("reporting.after_event")
