"""SIP as it should not be, but is: sipp with the scenarios of this folder.

    with Sipp(folder, ports, "uas_busy") as peer:         # a server: call sip:x@127.0.0.1:peer.port
        ...
        peer.wait_success()
    with Sipp(folder, ports, "uac_call", target=uri) as peer: ...

Every message is traced; a failure shows what was unexpected and the end of
the trace.
"""
import pathlib

from .process import Process, wait_udp

# Scenarios that count repeated messages: sipp must neither repeat nor hide any by itself.
OPTIONS = {"uas_lost_200": ["-nr"], "uas_lost_ack": ["-nr"]}
SCENARIOS = pathlib.Path(__file__).with_name("scenarios")


class Sipp:
    """One run of a scenario: `scenario` is a name in scenarios/ or a path.

    calls: how many calls make a success. target: "HOST:PORT" for callers, and
    service: the user part they call. seconds: the whole run's deadline.
    rate: calls a second. keys: words of the scenario, [name] by -key.
    user, password: for [authentication].
    """

    def __init__(self, folder, ports, scenario, *, target=None, service="echo", calls=1, rate=10,
                 limit=None, seconds=30, keys=None, user=None, password=None, transport="u1",
                 host="127.0.0.1", hold_ms=None, port=None):
        path = pathlib.Path(scenario)
        self.path = path if path.suffix == ".xml" else SCENARIOS / f"{scenario}.xml"
        # sipp echoes RTP on its media port and on the one two above.
        self.port, self.media_port = port or ports.free(), ports.block(4)
        self.host, self._seconds = host, seconds
        address = f"[{host}]" if ":" in host else host
        self.uri = f"sip:peer@{address}:{self.port}"
        log = self._log_path(pathlib.Path(folder), self.path.stem)
        self._messages, self._errors = log.with_suffix(".messages"), log.with_suffix(".errors")
        arguments = ["sipp", "-sf", self.path, "-i", host, "-p", self.port, "-mp", self.media_port,
                     "-m", calls, "-t", transport, "-nostdin", "-rtp_echo",
                     "-timeout", f"{seconds}s", "-timeout_error", "-trace_msg", "-trace_err",
                     "-message_file", self._messages, "-error_file", self._errors,
                     "-recv_timeout", seconds * 1000, *OPTIONS.get(self.path.stem, [])]
        if target:
            arguments += ["-r", rate, "-s", service]
            arguments += ["-l", limit] if limit else []
        if hold_ms is not None:
            arguments += ["-d", hold_ms]
        if user:
            arguments += ["-au", user, "-ap", password]
        for key, value in (keys or {}).items():
            arguments += ["-key", key, value]
        if target:
            arguments.append(target)
        self.process = Process(arguments, log, env={"TERM": "dumb", "COLUMNS": "80"})
        if not target and transport.startswith("u"):
            try:
                wait_udp(self.port, process=self.process)
            except BaseException:
                self.process.kill()
                raise

    @staticmethod
    def _log_path(folder, stem):
        for number in range(1, 1000):
            path = folder / f"sipp-{stem}-{number}.log"
            if not path.exists():
                return path
        raise OSError("too many logs")

    def messages(self):
        """The trace of every message sent and received."""
        return self._messages.read_text(errors="replace") if self._messages.exists() else ""

    def wait_success(self, seconds=None):
        """Waits for the end of the run; the test fails unless every call went as written."""
        status = self.process.wait_exit(seconds or self._seconds + 5)
        if status != 0:
            errors = self._errors.read_text(errors="replace") if self._errors.exists() else ""
            raise AssertionError(f"sipp {self.path.name}: exit {status}\n{errors[-3000:]}\n"
                                 f"--- last messages\n{self.messages()[-4000:]}")

    def wait_failure(self, seconds=None):
        """Waits for the end of a run that must not have succeeded."""
        status = self.process.wait_exit(seconds or self._seconds + 5)
        if status == 0:
            raise AssertionError(f"sipp {self.path.name} succeeded\n{self.messages()[-4000:]}")

    def stop(self):
        self.process.kill()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
