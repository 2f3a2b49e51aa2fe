"""Child processes that cannot outlive their test.

Each child leads a session of its own, gets SIGKILL when this process dies
(PR_SET_PDEATHSIG by setpriv), and is on the list of a small reaper that
kills whole groups (a server's workers too) once our end of its pipe closes.
"""
import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import threading
import time

# Sanitizers make everything slower; deadlines grow by this factor, nothing else does.
SLOW = float(os.environ.get("COMMD_TEST_SLOW", "1"))


def deadline(seconds):
    """The moment, on time.monotonic(), at which waiting that long from now is over."""
    return time.monotonic() + seconds * SLOW


class Reaper:
    """The other end of reaper.sh: add() a process group, remove() it when it is gone."""

    _one = None

    def __init__(self):
        script = pathlib.Path(__file__).with_name("reaper.sh")
        self._child = subprocess.Popen(["/bin/sh", str(script)], stdin=subprocess.PIPE,
                                       start_new_session=True)

    @classmethod
    def instance(cls):
        if cls._one is None:
            cls._one = cls()
        return cls._one

    def _tell(self, sign, group):
        self._child.stdin.write(f"{sign} {group}\n".encode())
        self._child.stdin.flush()

    def add(self, group):
        self._tell("+", group)

    def remove(self, group):
        self._tell("-", group)


class ProcessFailed(AssertionError):
    """A child ended too early, too late or not at all; says so with the end of its log."""


class Lines:
    """The lines of one stream, pumped by a thread; waiting is by condition, never by sleeping."""

    def __init__(self, stream, log):
        self._lines = []
        self._changed = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._pump, args=(stream, log), daemon=True)
        self._thread.start()

    def _pump(self, stream, log):
        with stream, open(log, "ab") as out:
            for raw in iter(stream.readline, b""):
                out.write(raw)
                out.flush()
                with self._changed:
                    self._lines.append(raw.decode("utf-8", "replace").rstrip("\r\n"))
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def count(self):
        with self._changed:
            return len(self._lines)

    def all(self, since=0):
        with self._changed:
            return self._lines[since:]

    def wait(self, matches, seconds, since=0):
        """The first truthy matches(line) from line number `since` on; None when too late."""
        until, at = deadline(seconds), since
        with self._changed:
            while True:
                while at < len(self._lines):
                    found = matches(self._lines[at])
                    at += 1
                    if found:
                        return found
                left = until - time.monotonic()
                if self._ended or left <= 0:
                    return None
                self._changed.wait(left)

    def wait_end(self, seconds):
        self._thread.join(seconds * SLOW)


class Process:
    """A running program with its log.

    `log` receives what it prints; with split=True standard output is kept
    apart in `out` (and LOG.out) and only standard error goes to `log`.
    Start it from the main thread: the kernel's parent-death signal follows the
    thread that forked.
    """

    def __init__(self, argv, log, *, env=None, cwd=None, split=False, stdin=None):
        self.name = os.path.basename(str(argv[0]))
        self.argv = [str(word) for word in argv]
        self.log_path = pathlib.Path(log)
        with open(self.log_path, "ab") as out:
            out.write(f"$ {' '.join(self.argv)}\n".encode())
        self._child = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--", *self.argv],
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if split else subprocess.STDOUT,
            env={**os.environ, **(env or {})}, cwd=cwd, start_new_session=True)
        self.pid = self._child.pid
        self._pidfd = os.pidfd_open(self.pid)
        self._closed = False
        Reaper.instance().add(self.pid)
        if split:
            self.out = Lines(self._child.stdout, f"{self.log_path}.out")
            self.lines = Lines(self._child.stderr, self.log_path)
        else:
            self.lines = self.out = Lines(self._child.stdout, self.log_path)

    # ---- state -------------------------------------------------------------

    @property
    def stdin(self):
        return self._child.stdin

    @property
    def returncode(self):
        """The exit status, negative for a signal, None while it runs."""
        return self._child.poll()

    def alive(self):
        return self._child.poll() is None

    def tail(self, count=25):
        return "\n".join(self.lines.all()[-count:])

    def fail(self, why):
        if not self.alive():
            self.lines.wait_end(5)  # its last words may still be on their way
        raise ProcessFailed(f"{self.name} (pid {self.pid}): {why}\n--- {self.log_path}\n{self.tail()}")

    # ---- waiting -----------------------------------------------------------

    def mark(self):
        """The number of lines so far: give it as `since` to wait for something new."""
        return self.lines.count()

    def wait_line(self, pattern, seconds=10, since=0):
        """Waits for a line of the log; returns the match."""
        match = self.lines.wait(re.compile(pattern).search, seconds, since)
        if not match:
            self.fail(f"no line /{pattern}/ within {seconds} s")
        return match

    def wait_exit(self, seconds=10):
        """Waits for the end by its pidfd; returns the exit status."""
        until = deadline(seconds)
        while self._child.poll() is None:
            left = until - time.monotonic()
            if left <= 0:
                self.fail(f"still running after {seconds} s")
            select.select([self._pidfd], [], [], left)
        self.lines.wait_end(2)
        if self.out is not self.lines:
            self.out.wait_end(2)
        return self._child.returncode

    # ---- the end -----------------------------------------------------------

    def signal(self, number):
        if self.alive():
            os.kill(self.pid, number)

    def stop(self, grace=2):
        """TERM, and KILL for the whole group when that took too long. Returns the status."""
        if self._closed:
            return self._child.returncode
        self.signal(signal.SIGTERM)
        try:
            self.wait_exit(grace)
        except ProcessFailed:
            pass
        return self.kill()

    def kill(self):
        """Ends the whole group at once; never fails."""
        if self._closed:
            return self._child.returncode
        self._closed = True
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._child.wait()
        Reaper.instance().remove(self.pid)
        os.close(self._pidfd)
        if self._child.stdin:
            try:
                self._child.stdin.close()
            except BrokenPipeError:
                pass
        self.lines.wait_end(2)
        self.out.wait_end(2)
        return self._child.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def wait_exit_of(pidfd, seconds=10):
    """Until that process has ended, whoever has started it."""
    if not select.select([pidfd], [], [], seconds * SLOW)[0]:
        raise ProcessFailed(f"still running after {seconds} s")


# ---- readiness of a socket ------------------------------------------------------


def wait_tcp(port, seconds=10, host="127.0.0.1", process=None):
    """Waits until somebody accepts on this TCP port."""
    until = deadline(seconds)
    while True:
        try:
            socket.create_connection((host, port), 0.5).close()
            return
        except OSError:
            pass
        _pause(until, process, f"nobody listens on TCP {host}:{port}")


def wait_udp(port, seconds=10, process=None):
    """Waits until a UDP socket is bound to this port (read from /proc)."""
    until, wanted = deadline(seconds), f":{port:04X}"
    while True:
        for table in ("/proc/thread-self/net/udp", "/proc/thread-self/net/udp6"):
            try:
                with open(table, encoding="ascii") as file:
                    if any(line.split()[1].endswith(wanted) for line in file.readlines()[1:]):
                        return
            except FileNotFoundError:
                pass
        _pause(until, process, f"nobody is bound to UDP port {port}")


def _pause(until, process, why):
    if process is not None and not process.alive():
        process.fail(f"ended; {why}")
    if time.monotonic() > until:
        if process is not None:
            process.fail(why)
        raise ProcessFailed(why)
    select.select([], [], [], 0.01)
