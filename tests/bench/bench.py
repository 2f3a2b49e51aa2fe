"""What every part of the bench has at hand."""
import dataclasses
import pathlib

from peers.ports import Ports

from .load import Generator, LoadFailed
from .measure import Budget
from .report import Figure, Report


@dataclasses.dataclass
class Bench:
    """folder: for states and logs, gone after the run. binaries: build/release/bin."""

    report: Report
    folder: pathlib.Path
    binaries: pathlib.Path
    ports: Ports
    budget: Budget

    def __post_init__(self):
        self.generator = Generator(self.folder)

    def add(self, name, title, value, unit, goal=None, *, lower=True, peer=None):
        self.report.add(Figure(name, title, value, unit, goal, lower, peer))

    def note(self, text):
        """Something to know about a figure, beside the table."""
        self.report.note(text)

    def peer(self, what, measure):
        """measure() of a peer that may fail without failing the bench: its result, or None."""
        try:
            return measure()
        except (LoadFailed, AssertionError, OSError) as error:
            self.note(f"baresip, {what}: not measured, {str(error).splitlines()[0]}")
            return None
