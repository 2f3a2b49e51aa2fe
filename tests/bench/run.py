#!/usr/bin/python3
"""./dev bench: what commd costs, as a table, with --json one line a figure.

Each figure is measured in this run, on this machine, with baresip beside it where it has the same to
do; run it on a quiet one. tests/bench/sections/ holds the parts.
"""
import argparse
import importlib
import os
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.dont_write_bytecode = True

# After the path is set.
from bench.bench import Bench  # noqa: E402
from bench.measure import Budget, load_average, raise_limits  # noqa: E402
from bench.report import Report, machine, markdown, replace_table  # noqa: E402
from peers.ports import Ports  # noqa: E402

PARTS = ("idle", "signalling", "mouth_to_ear", "api", "messages", "history", "engine", "media", "setup", "ice",
         "quality")
MINUTES = 15
DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "docs" / "performance.md"


def talk(text):
    print(f"   ({text})", file=sys.stderr, flush=True)


def run_part(bench, part):
    """A part that breaks down is said, and costs the others nothing. Whether it went well."""
    module = importlib.import_module(f"bench.sections.{part}")
    if not bench.budget.allows(module.SECONDS / 2):
        bench.note(f"{part}: left out, the time is used up")
        return False
    try:
        module.run(bench)
        return True
    except Exception as error:  # noqa: BLE001  anything: the other parts are wanted
        bench.note(f"{part} has failed: {type(error).__name__}: {error}")
        return False


def parse():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__.split("\n\n")[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", help="one line a figure")
    parser.add_argument("--only", action="append", choices=PARTS, metavar="PART",
                        help=f"only this part, may be repeated: {', '.join(PARTS)}")
    parser.add_argument("--markdown", action="store_true",
                        help=f"write the table into {DOCUMENT.relative_to(DOCUMENT.parents[1])} too")
    arguments = parser.parse_args()
    if arguments.markdown and arguments.only:
        parser.error("--markdown wants the whole table: leave --only out")
    return arguments


def main():
    arguments = parse()
    os.environ["COMMD_BIN"] = str(arguments.bin)
    raise_limits()
    load = load_average()
    report = Report(arguments.json, lambda line: print(line, flush=True), talk)
    talk(machine())
    ports = Ports()
    with tempfile.TemporaryDirectory(prefix="commd-bench-") as folder:
        bench = Bench(report, pathlib.Path(folder), arguments.bin, ports, Budget(MINUTES * 60))
        well = [run_part(bench, part) for part in arguments.only or PARTS]
    ports.close()
    if load > 0.5:
        talk(f"the load was {load:.2f} before the run: absolute figures are pessimistic")
    if arguments.markdown:
        table = markdown(report.figures, machine(), (load, load_average()))
        DOCUMENT.write_text(replace_table(DOCUMENT.read_text(), table))
    return 0 if all(well) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)  # its children are ended with it
