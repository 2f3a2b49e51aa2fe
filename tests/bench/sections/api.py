"""What a call of the API takes, and 50 watchers at full rate: by bench_api, beside the daemon."""
import json
import subprocess

from ..subjects import Commd

SECONDS = 20
PROGRAM = "bench_api"


def run(bench):
    with Commd(bench.folder, bench.ports) as commd:
        done = subprocess.run([bench.binaries / PROGRAM, "--socket", commd.daemon.socket], capture_output=True,
                              text=True, timeout=120, check=True)
    unary, watch = (json.loads(line) for line in done.stdout.splitlines())
    bench.add("api_unary_p50_ms", "API, one call after another: p50", unary["p50_ms"], "ms")
    bench.add("api_unary_p99_ms", "API, one call after another: p99", unary["p99_ms"], "ms", 1)
    bench.add("api_watch_50_per_s", "API, events a second to each of 50 watchers", watch["events_per_second"],
              "/s", 2500, lower=False)
    bench.add("api_watch_50_cpu_us", "API, 50 watchers: an event delivered", watch["cpu_us_per_event"], "us CPU")
    bench.add("api_watch_50_lost", "API, 50 watchers: cut off or missing", watch["cut_off"] + watch["missing"],
              "", 0)
