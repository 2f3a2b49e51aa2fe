"""A screen of the test's own: Xvfb, and xdotool to see and press what is on it.

    screen = Screen(folder)
    window = screen.wait_window("Dino")
    screen.click(977, 28)
"""
import os
import pathlib
import select
import subprocess
import time

from .process import SLOW, Process, ProcessFailed, deadline

SIZE = "1500x950x24"


class Screen:
    """Ready when the constructor returns; `env` is for the programs that show something there."""

    def __init__(self, folder, name="screen"):
        self.folder = pathlib.Path(folder)
        told = self.folder / f"{name}.display"
        # It chooses a number that is free, and says which one once it listens.
        self.process = Process(["/bin/sh", "-c", 'exec Xvfb -displayfd 3 -screen 0 "$1" -nolisten tcp -ac 3>"$2"',
                                "screen", SIZE, told], self.folder / f"{name}.log")
        until = deadline(20)
        while not (told.exists() and told.read_text().endswith("\n")):
            if not self.process.alive() or time.monotonic() > until:
                self.process.fail("tells no display")
            select.select([], [], [], 0.01)
        self.env = {"DISPLAY": f":{told.read_text().strip()}"}

    def xdotool(self, *words, seconds=10, check=True):
        done = subprocess.run(["xdotool", *map(str, words)], env={**os.environ, **self.env}, capture_output=True,
                              text=True, timeout=seconds * SLOW)
        if check and done.returncode:
            raise ProcessFailed(f"xdotool {' '.join(map(str, words))}: {done.stderr}")
        return done.stdout.split()

    def wait_window(self, name, seconds=30):
        """The number of a window that is shown under that name (a regular expression)."""
        try:
            return self.xdotool("search", "--sync", "--onlyvisible", "--name", name, seconds=seconds)[-1]
        except subprocess.TimeoutExpired:
            raise ProcessFailed(f"no window {name} within {seconds} s") from None

    def windows(self, name):
        return self.xdotool("search", "--onlyvisible", "--name", name, check=False)

    def click(self, x, y):
        self.xdotool("mousemove", x, y, "click", 1)

    def stop(self):
        self.process.stop()
