"""The pretended daemon (bin/commd_fake), and commctl against it: by pipes or in a terminal."""
import fcntl
import json
import os
import pathlib
import re
import select
import signal
import struct
import subprocess
import tempfile
import termios
import time

BIN = pathlib.Path(os.environ.get("COMMD_BIN", "build/dev/bin"))
SLOW = float(os.environ.get("COMMD_TEST_SLOW", "1"))
SECONDS = 15 * SLOW


class Fake:
    """Starts the daemon; `say` gives it a line and waits until it has obeyed."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self._folder.name)
        self.socket = str(self.folder / "sock")
        self.env = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "COMMD_SOCKET": self.socket,
                    "TERM": "xterm", "LANG": "C.UTF-8", "TZ": "UTC"}
        self.seen = []
        self.start()

    def start(self):
        self.process = subprocess.Popen([BIN / "commd_fake", self.socket], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.wait("ready")

    def wait(self, wanted):
        """Reads what it prints until a line begins with `wanted`."""
        for index, line in enumerate(self.seen):
            if line.startswith(wanted):
                return self.seen.pop(index)
        while True:
            line = self.process.stdout.readline()
            assert line, f"the daemon ended before it said {wanted}"
            if line.startswith(wanted):
                return line.strip()
            self.seen.append(line.strip())

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        self.wait("done")

    def stop(self):
        self.process.stdin.close()
        self.process.wait(SECONDS)
        self.process.stdout.close()
        self.seen.clear()

    def close(self):
        self.stop()
        self._folder.cleanup()

    def run(self, *words, stdin="", env=None):
        return subprocess.run([BIN / "commctl", *words], input=stdin, capture_output=True, text=True,
                              timeout=SECONDS, cwd=self.folder, env={**self.env, **(env or {})})

    def json(self, *words, **options):
        """What it prints with --json: a list of objects."""
        done = self.run("--json", *words, **options)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def start_ctl(self, *words):
        return subprocess.Popen([BIN / "commctl", *words], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                cwd=self.folder, env=self.env)

    def terminal(self, *words, columns=80, rows=24, env=None):
        return Terminal([str(BIN / "commctl"), *words], {**self.env, **(env or {})}, self.folder,
                        columns, rows)


class Terminal:
    """A program in a terminal, with a screen that obeys what commctl sends: text, CR, LF, BEL, cursor
    up and right, erase to the end of the line or screen, cursor hidden and shown, colours. Anything else fails
    the test."""

    SEQUENCE = re.compile(r"\x1b\[(\?25|\d*(?:;\d+)*)([ACJKmlh])")

    def __init__(self, words, env, folder, columns, rows):
        self.columns, self.rows = columns, rows
        self.lines, self.row, self.column = [""], 0, 0
        self.bells = 0
        self.cursor = True
        self.raw = ""
        self.code = None
        self.descriptor, child = os.openpty()
        fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.before = termios.tcgetattr(child)  # not later: the program changes them at once
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.descriptor)
            os.login_tty(child)
            os.chdir(folder)
            os.execve(words[0], words, env)
        os.close(child)

    def resize(self, columns, rows=None):
        self.columns, self.rows = columns, rows or self.rows
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", self.rows, columns, 0, 0))

    def _take(self, text):
        at = 0
        while at < len(text):
            char = text[at]
            if char == "\x1b":
                match = self.SEQUENCE.match(text, at)
                if match is None:
                    return text[at:]  # the rest of it is still to come
                self._obey(match[1], match[2])
                at = match.end()
                continue
            at += 1
            if char == "\r":
                self.column = 0
            elif char == "\n":
                self.row += 1
                while len(self.lines) <= self.row:
                    self.lines.append("")
            elif char == "\a":
                self.bells += 1
            else:
                assert char >= " ", f"a control character reached the terminal: {char!r}"
                line = self.lines[self.row].ljust(self.column)
                self.lines[self.row] = line[:self.column] + char + line[self.column + 1:]
                self.column += 1
        return ""

    def _obey(self, number, what):
        if what == "C":
            self.column += int(number or 1)
        elif what == "A":
            self.row -= int(number or 1)
            assert self.row >= 0, "moved above what it had drawn"
        elif what in "lh":
            assert number == "?25"
            self.cursor = what == "h"
        elif what in "JK":
            self.lines[self.row] = self.lines[self.row][:self.column]
            if what == "J":
                del self.lines[self.row + 1:]

    def screen(self):
        return "\n".join(self.lines)

    def _read(self, seconds):
        readable, _, _ = select.select([self.descriptor], [], [], max(0, seconds))
        if not readable:
            return False
        try:
            data = os.read(self.descriptor, 65536)
        except OSError:  # EIO: the program has ended
            return False
        self.raw = self._take(self.raw + data.decode("utf-8", "surrogateescape"))
        return bool(data)

    def wait(self, *wanted, gone=()):
        """Until all of `wanted` and none of `gone` is on the screen."""
        until = time.monotonic() + SECONDS
        while not (all(w in self.screen() for w in wanted) and not any(g in self.screen() for g in gone)):
            if not self._read(until - time.monotonic()):
                raise AssertionError(f"waited for {wanted}, without {gone}; the screen:\n{self.screen()}")
        return self.screen()

    def keys(self, text):
        os.write(self.descriptor, text.encode())

    def signal(self, number):
        os.kill(self.pid, number)

    def finish(self):
        """Its exit code, once it has ended."""
        until = time.monotonic() + SECONDS
        while self.code is None:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                self.code = os.waitstatus_to_exitcode(status)
                self.after = termios.tcgetattr(self.descriptor)
            elif not self._read(min(0.05, until - time.monotonic())) and time.monotonic() > until:
                raise AssertionError(f"it does not end; the screen:\n{self.screen()}")
        while self._read(0):
            pass
        return self.code

    def close(self):
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.descriptor)
