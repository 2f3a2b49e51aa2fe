"""commd itself, started as a service manager would, and commctl to drive it.

    alice = Daemon(folder, "alice")
    alice.ctl("account", "add", "sip:alice@example.test", "--password-file", path)
    with alice.watch() as events:
        alice.ctl("call", "echo", "--detach")
        events.wait_for(lambda event: "call" in event)
"""
import contextlib
import json
import os
import pathlib
import select
import signal
import socket
import subprocess
import time

from .process import SLOW, Process, deadline

STOP_SECONDS = 2  # what the daemon may take for a polite end
# As the kernel has them, 15 characters. A server has all of them, gRPC without one the first three.
GRPC_THREADS = ("default-executo", "resolver-execut", "grpc_global_tim", "event_engine", "timer_manager",
                "nexting_thread", "grpcpp_sync_ser")


def binary(name):
    """A program of the build under test: $COMMD_BIN is its bin folder."""
    folder = os.environ.get("COMMD_BIN")
    if not folder:
        raise RuntimeError("COMMD_BIN is not set: run the tests by ctest, or name build/<preset>/bin")
    path = pathlib.Path(folder) / name
    if not path.exists():
        raise RuntimeError(f"{path} has not been built")
    return path


class ControlFailed(AssertionError):
    """commctl ended with another status than expected."""


class Notify:
    """The service manager's end of sd_notify."""

    def __init__(self, path):
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._seen = []

    def wait(self, wanted, process, seconds=10):
        """Until the daemon has said `wanted`, for example "READY=1"; fails at once if it ends."""
        until = deadline(seconds)
        pidfd = os.pidfd_open(process.pid)
        try:
            while wanted not in self._seen:
                readable, _, _ = select.select([self._socket, pidfd], [], [],
                                               max(0, until - time.monotonic()))
                if self._socket in readable:
                    self._seen += self._socket.recv(4096).decode().split("\n")
                elif readable:
                    process.fail(f"ended before it said {wanted}")
                else:
                    process.fail(f"did not say {wanted} within {seconds} s")
        finally:
            os.close(pidfd)

    def rest(self):
        """What it had said and nobody has waited for, once it has ended."""
        while select.select([self._socket], [], [], 0)[0]:
            self._seen += self._socket.recv(4096).decode().split("\n")
        return self._seen

    def close(self):
        self._socket.close()
        self.path.unlink(missing_ok=True)


def grpc_threads(pid):
    """The names of gRPC's own threads in a process."""
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            name = (task / "comm").read_text().strip()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has just ended
        if name.startswith(GRPC_THREADS):
            found.append(name)
    return found


def _toml(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return json.dumps(str(value))


class Daemon:
    """One commd with its own state and socket, ready when the constructor returns.

    settings: sections for commd.toml on top of the harness's own, which are a free SIP port, no
    sound devices and debug logging, for example {"media": {"rtp_ports": "21000-21100"}}.
    arguments: more words for its command line. env: more environment. network: the Namespace or the
    natlab.Client in which it runs; commctl reaches it from everywhere.
    """

    def __init__(self, folder, name="commd", *, settings=None, arguments=(), env=None, start=True, network=None):
        self.name = name
        self.folder = pathlib.Path(folder) / name
        self.state, self.socket = self.folder / "state", self.folder / "commd.sock"
        self.folder.mkdir(mode=0o700)
        self.state.mkdir(mode=0o700)
        self.config = self.folder / "commd.toml"
        self.log_path = pathlib.Path(folder) / f"{name}.log"
        self._inside = network.inside if network else contextlib.nullcontext
        self._arguments, self._env = list(arguments), dict(env or {})
        self._controls = []
        self.process = None
        self.configure(settings or {})
        if start:
            self.start()

    def configure(self, settings):
        """Writes commd.toml; a running daemon keeps what it has read."""
        sections = {"sip": {"local_port": 0}, "audio": {"capture": "none", "playback": "none", "ring": "none"},
                    "log": {"level": "debug"}}
        for section, values in settings.items():
            sections[section] = {**sections.get(section, {}), **values}
        text = "".join(f"[{section}]\n" + "".join(f"{key} = {_toml(value)}\n" for key, value in values.items())
                       + "\n" for section, values in sections.items())
        self.config.write_text(text)

    # ---- life ------------------------------------------------------------------

    def spawn(self):
        """Starts it without waiting; for tests of a start that must fail."""
        self._notify = Notify(self.folder / "notify")
        with self._inside():
            self.process = Process(
                [binary("commd"), "--config", self.config, "--state-dir", self.state,
                 "--socket", self.socket, *self._arguments], self.log_path,
                env={"NOTIFY_SOCKET": str(self._notify.path), "HOME": str(self.folder),
                     "XDG_RUNTIME_DIR": str(self.folder), **self._env})
        return self.process

    def start(self, seconds=10):
        """Starts it and waits for READY=1."""
        self.spawn()
        try:
            self._notify.wait("READY=1", self.process, seconds)
        except BaseException:
            self.process.kill()
            raise
        finally:
            self._notify.close()

    def kill(self):
        """SIGKILL: nothing is said to anybody."""
        self.process.signal(signal.SIGKILL)
        self.process.wait_exit(5)
        self.process.kill()

    def terminate(self):
        """SIGTERM: it must end politely, with status 0, within two seconds."""
        begin = time.monotonic()
        self.process.signal(signal.SIGTERM)
        status = self.process.wait_exit(STOP_SECONDS)
        took = time.monotonic() - begin
        assert status == 0, f"{self.name} ended with status {status}\n{self.process.tail()}"
        assert took <= STOP_SECONDS * SLOW, f"{self.name} took {took:.2f} s to end"
        self.process.kill()

    def restart(self):
        self.terminate()
        self.start()

    def stop(self):
        """For teardown: ends everything, and fails if the daemon had died by itself."""
        for control in self._controls:
            control.kill()
        if self.process is None:
            return
        status = self.process.returncode
        running = status is None
        final = self.process.stop(STOP_SECONDS)
        if running and final not in (0, -signal.SIGTERM):
            self.process.fail(f"ended with status {final} on SIGTERM")
        if not running and status not in (0, -signal.SIGKILL, -signal.SIGTERM):
            self.process.fail(f"had ended with status {status}")

    def grpc_threads(self):
        """The names of gRPC's own threads, of which a daemon without clients has none."""
        return grpc_threads(self.process.pid)

    # ---- commctl -----------------------------------------------------------------

    def command_line(self, *words, json_output=True):
        return [str(word) for word in
                (binary("commctl"), "--socket", self.socket, *(["--json"] if json_output else []), *words)]

    def run(self, *words, seconds=15, stdin=None, json_output=True):
        """commctl to its end; returns subprocess.CompletedProcess, whatever its status."""
        return subprocess.run(self.command_line(*words, json_output=json_output), capture_output=True,
                              text=True, input=stdin, timeout=seconds * SLOW,
                              env={**os.environ, "NO_COLOR": "1", **self._env})

    def ctl(self, *words, status=0, seconds=15, stdin=None):
        """commctl --json; returns what it printed: one object, or the list of them.

        The test fails when the exit status is not `status`; for a failure that was expected
        returns its standard error.
        """
        done = self.run(*words, seconds=seconds, stdin=stdin)
        if done.returncode != status:
            raise ControlFailed(f"commctl {' '.join(map(str, words))}: exit {done.returncode}, expected {status}\n"
                                f"{done.stdout}{done.stderr}--- {self.name}\n{self.process.tail()}")
        if status != 0:
            return done.stderr
        rows = [json.loads(line) for line in done.stdout.splitlines() if line.strip()]
        return rows[0] if len(rows) == 1 else rows

    def rows(self, *words, **options):
        """The same for lists: always a list."""
        found = self.ctl(*words, **options)
        return found if isinstance(found, list) else [found]

    def start_ctl(self, *words, json_output=True):
        """commctl in the background (a call, listen, wait): a Process whose `out` is its output."""
        number = len(self._controls) + 1
        log = self.log_path.parent / f"{self.name}-commctl-{number}.log"
        control = Process(self.command_line(*words, json_output=json_output), log, split=True,
                          env={"NO_COLOR": "1", **self._env})
        self._controls.append(control)
        return control

    def watch(self, *words):
        """`commctl watch` in the background; it begins with a snapshot."""
        return Watch(self.start_ctl("watch", *words))

    def add_account(self, address, password, *options):
        """account add with the password by standard input."""
        return self.ctl("account", "add", address, "--password-file", "-", *options, stdin=password)


class Watch:
    """The event stream of one client."""

    def __init__(self, control):
        self._control = control

    def events(self):
        return [json.loads(line) for line in self._control.out.all()]

    def mark(self):
        """Give this as `since` to wait only for what comes from now on."""
        return self._control.out.count()

    def wait_for(self, predicate, seconds=10, since=0):
        """The first event for which predicate(event) holds, from the very first on."""
        def matches(line):
            event = json.loads(line)
            return event if predicate(event) else None

        event = self._control.out.wait(matches, seconds, since)
        if event is None:
            last = "\n".join(self._control.out.all()[-15:])
            self._control.fail(f"no such event within {seconds} s; the last were\n{last}")
        return event

    def stop(self):
        self._control.kill()

    def __enter__(self):
        """From here on nothing is missed: the snapshot has been taken."""
        self.wait_for(lambda event: "checkpoint" in event, 20)
        return self

    def __exit__(self, *_):
        self.stop()
