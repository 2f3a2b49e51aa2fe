"""Figures and how they are shown: a table, JSON (one line a figure), and the table of the docs."""
import dataclasses
import datetime
import json
import os
import pathlib
import platform
import re

KEYS = ("name", "value", "unit", "goal", "met", "peer", "peer_value")
PEER = "baresip"


@dataclasses.dataclass
class Figure:
    """One measured number. `name` is stable, `title` is for people; peer_value: baresip's, same run."""

    name: str
    title: str
    value: float
    unit: str
    goal: float | None = None
    lower: bool = True  # the smaller the better
    peer_value: float | None = None

    @property
    def met(self):
        if self.goal is None:
            return None
        return self.value <= self.goal if self.lower else self.value >= self.goal

    @property
    def ratio(self):
        """Ours over the peer's."""
        return self.value / self.peer_value if self.peer_value else None

    def record(self):
        """What a line of JSON holds."""
        peer_value = None if self.peer_value is None else round(self.peer_value, 4)
        return dict(zip(KEYS, (self.name, round(self.value, 4), self.unit, self.goal, self.met,
                               None if peer_value is None else PEER, peer_value)))

    def cells(self):
        """What a row of a table holds: title, value, unit, goal, met, peer's value, ratio."""
        bound = "" if self.goal is None else f"{'<=' if self.lower else '>='} {self.goal:g}"
        met = {None: "", True: "yes", False: "NO"}[self.met]
        peer = "" if self.peer_value is None else number(self.peer_value)
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        return self.title, number(self.value), self.unit, bound, met, peer, ratio


def number(value):
    """Three digits that count, and no exponent."""
    if value == 0 or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.3f}" if abs(value) < 1 else f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"


class Report:
    """Collects figures and prints each as soon as it is known.

    write: where a line goes. note: where talk goes, never mixed with JSON.
    """

    ROW = "{:52} {:>9} {:9} {:>8} {:>4} {:>9} {:>6}"

    def __init__(self, as_json, write, note):
        self.figures = []
        self._as_json, self._write, self.note = as_json, write, note
        if not as_json:
            write(self.ROW.format("figure", "value", "unit", "goal", "met", PEER, "ratio"))

    def add(self, figure):
        if any(figure.name == known.name for known in self.figures):
            raise ValueError(f"{figure.name} was measured twice")
        self.figures.append(figure)
        self._write(json.dumps(figure.record()) if self._as_json else
                    self.ROW.format(*figure.cells()).rstrip())


# ---- the table of docs/performance.md -----------------------------------------------

BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"


def machine():
    """Words for the machine and the day of the run."""
    cpu = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    system = re.search(r'^PRETTY_NAME="(.*)"$', pathlib.Path("/etc/os-release").read_text(), re.M)
    return (f"{os.cpu_count()} cores ({cpu[1].strip() if cpu else platform.machine()}), "
            f"Linux {platform.release().split('-')[0]}, {system[1] if system else 'unknown system'}, "
            f"release preset, {datetime.date.today().isoformat()}")


def markdown(figures, where, load):
    """The lines between the marks, marks included. load: (before, after) of the one minute load."""
    rows = [f"| `{figure.name}` | {' | '.join(figure.cells())} |" for figure in figures]
    return "\n".join([BEGIN, f"Measured on {where}; load average {load[0]:.2f} before and {load[1]:.2f} "
                      "after the run.", "",
                      f"| name | figure | value | unit | goal | met | {PEER} | ratio |",
                      "|---|---|---:|---|---:|---|---:|---:|", *rows, END])


def replace_table(text, table):
    """The document with its table exchanged."""
    start, end = text.find(BEGIN), text.find(END)
    if start < 0 or end < start:
        raise ValueError(f"the document has no {BEGIN} before {END}")
    return text[:start] + table + text[end + len(END):]


def unexplained(text):
    """Names of figures that miss their goal in the document's table and are not named outside of it."""
    start, end = text.find(BEGIN), text.find(END)
    missed = re.findall(r"^\| `(\w+)` \|(?:[^|]*\|){4} NO \|", text[start:end], re.M)
    outside = text[:start] + text[end:]
    return [name for name in missed if not re.search(rf"`{name}`", outside)]
