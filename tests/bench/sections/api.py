"""The API's figures: measured by bench_api, which prints them as JSON of the same keys."""
import json
import subprocess

from ..report import from_record

SECONDS = 30
PROGRAM = "bench_api"


def run(bench):
    program = bench.binaries / PROGRAM
    if not program.exists():
        bench.note(f"{PROGRAM} has not been built: the API's figures are left out")
        return
    done = subprocess.run([program, "--json"], capture_output=True, text=True, timeout=120, check=False)
    for line in done.stdout.splitlines():
        bench.report.add(from_record(json.loads(line)))
    if done.returncode != 0:
        bench.note(f"{PROGRAM} ended with status {done.returncode}: {done.stderr.strip()[-300:]}")
