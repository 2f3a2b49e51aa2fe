"""bench_load as a child: calls placed from outside the process that is measured."""
import json

from peers.daemon import binary
from peers.process import Process

from .measure import Window, cpu_seconds, memory_mb


class LoadFailed(Exception):
    """The generator could not do its work; what it measured is worth nothing."""


class Generator:
    """Runs bench_load against one subject (subjects.py), one run at a time."""

    def __init__(self, folder):
        self._folder = folder

    def _start(self, mode, subject, *words):
        return Process([binary("bench_load"), mode, "--target", subject.port, "--user", subject.user, *words],
                       self._folder / "bench_load.log", split=True)

    def _last(self, mode, subject, seconds, *words):
        """The one line that the run prints."""
        with self._start(mode, subject, *words) as process:
            process.wait_exit(seconds)
            lines = process.out.all()
            if not lines:
                raise LoadFailed(process.tail())
            return json.loads(lines[-1])

    def rate(self, subject, calls_a_second, seconds, cancel=False):
        """Calls of 20 ms; the result with `cpu_ms_per_call`, the subject's own."""
        begin = cpu_seconds(subject.pid)
        result = self._last("rate", subject, seconds + 60, "--rate", calls_a_second, "--seconds", seconds,
                            *(["--cancel"] if cancel else []))
        result["cpu_ms_per_call"] = (cpu_seconds(subject.pid) - begin) * 1000 / result["calls"]
        return result

    def first_rtp(self, subject, calls):
        return self._last("first-rtp", subject, calls * 4 + 10, "--calls", calls)

    def hold(self, subject, calls, codec, srtp, seconds, ramp=200, warm_up=2):
        """Calls with media; the result with `cpu_percent` and `memory_mb`, both for one call."""
        words = ["--calls", calls, "--codec", codec, "--seconds", seconds, "--warm-up", warm_up,
                 "--ramp", ramp, *(["--srtp"] if srtp else [])]
        with self._start("hold", subject, *words) as process:
            limit = calls / ramp + 2 * 10 + warm_up + seconds + 10
            self._wait(process, "first", limit)
            base = memory_mb(subject.pid)[0]
            self._wait(process, "begin", limit)
            window = Window(subject.pid)
            result = self._wait(process, "end", limit)
            share = window.share()
            if calls == 1:
                self._wait(process, "second", limit)
            grown = memory_mb(subject.pid)[0] - base
            process.wait_exit(30)
        return {**result, "cpu_percent": share / calls, "memory_mb": grown / max(1, calls - 1)}

    @staticmethod
    def _wait(process, event, seconds):
        def matches(line):
            found = json.loads(line)
            return found if found["event"] == event else None
        found = process.out.wait(matches, seconds)
        if found is None:
            raise LoadFailed(f"no {event} from bench_load within {seconds:.0f} s: {process.tail()}")
        return found


# ---- verdicts -------------------------------------------------------------------------

# All were answered, none has failed, and what was begun last ended with the others: no queue grew.
DRAIN_MS = 1000


def all_well(rate):
    """Whether a run of Generator.rate() was without a failure."""
    return rate["failed"] == 0 and rate["retransmissions"] == 0 and rate["drain_ms"] <= DRAIN_MS


def held(hold):
    """Whether a run of Generator.hold() held: every call answered, 99 % of the packets due came
    back, 95 % in each call, no more than 0.5 % (and one) after a pause of 60 ms, with sound in them."""
    due = 50 * hold["seconds"]
    return (hold["failed"] == 0 and hold["packets"] >= 0.99 * due * hold["calls"]
            and hold["fewest"] >= 0.95 * due and hold["pauses"] <= 1 + 0.005 * hold["packets"]
            and hold["sounding"] >= 0.95 * hold["packets"])


def highest(steps, attempt):
    """(step, its result) of the last of rising steps of which attempt(step) says it went well.

    attempt returns (well, result). One failure may be chance, so it is tried twice; (0, None) if
    already the first fails.
    """
    best = (0, None)
    for step in steps:
        for _ in range(2):
            well, result = attempt(step)
            if well:
                best = (step, result)
                break
        else:
            break
    return best
