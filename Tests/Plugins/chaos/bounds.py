"""What keeps misbehaviour from hurting the machine even if the guard under test fails."""

import contextlib
import os
import signal
import time

SECONDS = 60
PROCESSES = 256
THREADS = 300
MEGABYTES = 2048
DESCRIPTORS = 100_000


def end_in_a_minute():
    """This process, and every one it forks, ends by then. A tool that returns before says `go_on`."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(SECONDS)


def go_on():
    signal.alarm(0)


os.register_at_fork(after_in_child=end_in_a_minute)


@contextlib.contextmanager
def a_minute():
    end_in_a_minute()
    try:
        yield
    finally:
        go_on()


def hang():
    """Never returns: an hour, or the alarm."""
    end_in_a_minute()
    time.sleep(3600)


def only_confined():
    """For what would hit processes outside: the sandbox's launcher sets no_new_privs, a shell or a test does not."""
    with open("/proc/self/status", encoding="ascii") as status:
        if "NoNewPrivs:\t1" not in status.read():
            raise PermissionError("only inside a sandbox")
