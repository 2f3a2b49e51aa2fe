"""What a running process costs, read from outside of it."""
import os
import pathlib
import re
import resource
import time


def cpu_seconds(pid):
    """User and system time of all its threads, also those that have ended, to the nanosecond."""
    # clock_getcpuclockid(3): the process's clock of the scheduler's kind.
    return time.clock_gettime((~pid << 3) | 2)


def memory_mb(pid):
    """(resident, proportional) in MiB."""
    rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return tuple(int(re.search(rf"^{key}:\s+(\d+)", rollup, re.M)[1]) / 1024 for key in ("Rss", "Pss"))


def voluntary_switches(pid):
    """How often its threads went to sleep, that is, how often they were woken."""
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            text = (task / "status").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue  # a thread that has just ended
        total += int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", text, re.M)[1])
    return total


class Window:
    """CPU and wall time between its making and each question."""

    def __init__(self, pid):
        self._pid = pid
        self._cpu, self._time = cpu_seconds(pid), time.monotonic()

    def cpu(self):
        return cpu_seconds(self._pid) - self._cpu

    def share(self):
        """Percent of one core."""
        return 100 * self.cpu() / (time.monotonic() - self._time)


def raise_limits():
    """As many descriptors as the system lets us have; children inherit it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


class Budget:
    """The time that the whole bench may take; what no longer fits is left out and said."""

    def __init__(self, seconds):
        self._until = time.monotonic() + seconds

    def allows(self, seconds):
        return time.monotonic() + seconds <= self._until


def load_average():
    return os.getloadavg()[0]
