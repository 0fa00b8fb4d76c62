"""A service has one of each part, however many green threads ask for it first."""

import subprocess
import sys

ASKED_BY_MANY = """
import warnings
warnings.filterwarnings("ignore")
import eventlet
eventlet.monkey_patch()
import threading, time
from services.common.service_parts import MadeOnce

class Parts:
    def __init__(self):
        self.making = threading.RLock()

    @MadeOnce
    def relay(self):
        time.sleep(0.01)  # as a connection would: another green thread runs
        return object()

parts = Parts()
pool = eventlet.GreenPool()
made = list(pool.imap(lambda _: parts.relay, range(8)))
print(len(set(map(id, made))))
"""


def test_a_part_that_many_green_threads_ask_for_is_made_once() -> None:
    asked = subprocess.run([sys.executable, "-c", ASKED_BY_MANY], capture_output=True, text=True, timeout=60)
    assert asked.stdout.strip() == "1", asked.stderr
