"""The entry module of service processes:

drains on SIGTERM, dies with a dead container, refuses a wrong configuration.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from interdesk.local.processes import Process, spawn
from tests.waiting import wait_until

# A service without a broker: one timer that takes its time, so that a drain has something to wait for.
SERVICE = """
import sys
from interdesk import serve
import time
from nameko.containers import ServiceContainer
from nameko.extensions import Entrypoint
from nameko.timer import timer


class Slow:
    name = "slow"

    @timer(interval=60, eager=True)
    def work(self):
        print("working", flush=True)
        time.sleep(1)
        print("finished", flush=True)


class Dying(Entrypoint):
    def start(self):
        self.container.spawn_managed_thread(self.run)

    def run(self):
        raise RuntimeError("struck")


class Doomed:
    name = "doomed"
    die = Dying.decorator

    @die
    def work(self):
        pass


chosen = {"slow": Slow, "doomed": Doomed}
containers = [ServiceContainer(chosen[name], {}) for name in sys.argv[2:]]
raise SystemExit(serve.Runner(containers, float(sys.argv[1])).run())
"""


def run(tmp_path: Path, *arguments: str) -> Process:
    return spawn("service", [sys.executable, "-c", SERVICE, *arguments], log=tmp_path / "log")


def code(process: Process) -> int:
    assert process.child is not None
    return process.child.wait(20)


def test_sigterm_lets_running_work_finish_and_ends_with_0(tmp_path: Path) -> None:
    process = run(tmp_path, "20", "slow")
    wait_until(lambda: "working" in process.last_lines())
    process.signal(signal.SIGTERM)
    assert code(process) == 0
    assert "finished" in process.last_lines()


def test_a_drain_that_takes_too_long_is_cut_off_with_1(tmp_path: Path) -> None:
    process = run(tmp_path, "0.1", "slow")
    wait_until(lambda: "working" in process.last_lines())
    process.signal(signal.SIGTERM)
    assert code(process) == 1
    assert "finished" not in process.last_lines()


def test_a_container_that_dies_takes_the_process_with_it(tmp_path: Path) -> None:
    process = run(tmp_path, "20", "slow", "doomed")
    assert code(process) == 1
    assert "struck" in process.last_lines(40)


def test_a_wrong_configuration_is_refused_with_every_problem_named(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("INTERDESK_ACCOUNT=Wrong\nINTERDESK_TYPO=1\n")
    command = [sys.executable, "-m", "interdesk.serve", "--env-file", str(file)]
    process = spawn("service", command, log=tmp_path / "log")
    assert code(process) == 2
    said = process.last_lines()
    assert all(name in said for name in ("INTERDESK_ACCOUNT", "INTERDESK_TYPO", "AMQP_URI", "MONGO_URI"))
