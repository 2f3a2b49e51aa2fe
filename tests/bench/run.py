#!/usr/bin/python3
"""./dev bench: what commd costs, as a table, or with --json one line a figure.

Figures: name, value, unit, goal, met. Each is measured in this run, on this machine; run it on a
quiet one. What is not measured here yet is not in the table.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))


class Report:
    def __init__(self, as_json):
        self.as_json = as_json
        if not as_json:
            print(f"{'figure':44} {'value':>10} {'unit':8} {'goal':>10}  met")

    def add(self, name, value, unit, goal=None, lower=True):
        met = None if goal is None else (value <= goal if lower else value >= goal)
        if self.as_json:
            print(json.dumps({"name": name, "value": round(value, 4), "unit": unit, "goal": goal,
                              "met": met, "peer": None, "peer_value": None}), flush=True)
            return
        bound = "" if goal is None else ("<= " if lower else ">= ") + f"{goal:g}"
        word = {None: "", True: "yes", False: "NO"}[met]
        print(f"{name:44} {value:10.3f} {unit:8} {bound:>10}  {word}", flush=True)


def proc(pid):
    """Resident and proportional kilobytes, processor seconds, voluntary switches of all threads."""
    rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    kilobytes = {k: int(re.search(rf"^{k}:\s+(\d+)", rollup, re.M)[1]) for k in ("Rss", "Pss")}
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    seconds = (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")
    switches = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        text = (task / "status").read_text()
        switches += int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", text, re.M)[1])
    return kilobytes, seconds, switches


def bench_daemon(report, folder):
    from peers.daemon import Daemon
    from peers.kamailio import Kamailio
    from peers.ports import Ports

    ports = Ports()
    server = Kamailio(folder, ports, users={"alice": "a-secret", "bob": "b-secret"})
    begin = time.monotonic()
    commd = Daemon(folder, settings={"limits": {"calls": 5000, "per_source_rate": 100000},
                                     "log": {"level": "warn"}})
    try:
        report.add("start to ready, new state folder", (time.monotonic() - begin) * 1000, "ms")
        commd.terminate()
        begin = time.monotonic()
        commd.start()
        report.add("start to ready", (time.monotonic() - begin) * 1000, "ms", 100)
        for user, word in server.users.items():
            account = commd.add_account(f"sip:{user}@{server.domain}", word, "--server",
                                        f"127.0.0.1:{server.udp}", "--transport", "udp")
            commd.ctl("wait", "account", account["id"], "--for=state=online")
        pid = commd.process.pid
        _, cpu_before, before = proc(pid)
        time.sleep(10)  # idle time is what is measured
        kilobytes, cpu, after = proc(pid)
        report.add("idle, two accounts: RSS", kilobytes["Rss"] / 1024, "MB", 30)
        report.add("idle, two accounts: PSS", kilobytes["Pss"] / 1024, "MB")
        report.add("idle, two accounts: wake-ups", (after - before) / 10, "/s", 2)
        report.add("idle, two accounts: processor", (cpu - cpu_before) / 10 * 100, "%")
        bench_signalling(report, folder, ports, commd, pid)
    finally:
        commd.stop()
        server.stop()
        ports.close()


def bench_signalling(report, folder, ports, commd, pid):
    """Short calls to the echo service with media set up; the daemon's own share of the cost."""
    from peers.sipp import Sipp

    listening = commd.ctl("status")["listening"]
    port = next(a.rsplit(":", 1)[1] for a in listening if a.startswith("udp 127.0.0.1:"))
    for rate, calls in ((100, 500), (300, 1500)):
        _, before, _ = proc(pid)
        begin = time.monotonic()
        peer = Sipp(folder, ports, "uac_burst", target=f"127.0.0.1:{port}", service="echo",
                    calls=calls, rate=rate, hold_ms=20, seconds=60)
        with peer:
            status = peer.process.wait_exit(90)
        _, after, _ = proc(pid)
        report.add(f"signalled call with media, {rate}/s asked", (after - before) / calls * 1000,
                   "ms CPU", 0.8)
        report.add(f"calls a second, {rate}/s asked, all well" if status == 0
                   else f"calls a second, {rate}/s asked, SOME FAILED",
                   calls / (time.monotonic() - begin), "/s")


def bench_media(report, binary):
    """Both ends in one process; the percentages are for one end of a call."""
    runs = [("PCMU", False, pairs) for pairs in (1, 50, 300)] + [("opus", True, pairs) for pairs in (1, 25)]
    for codec, srtp, pairs in runs:
        words = ["--codec", codec, "--pairs", str(pairs), "--json"] + (["--srtp"] if srtp else [])
        done = subprocess.run([binary, *words], capture_output=True, text=True, timeout=120, check=True)
        figure = json.loads(done.stdout.splitlines()[-1])
        name = f"{codec}{'+SRTP' if srtp else ''}, {2 * pairs} call ends"
        report.add(f"{name}: processor", figure["cpu_percent_per_end"], "% core", 1.2 if srtp else 0.15)
        report.add(f"{name}: memory", figure["kilobytes_per_end"] / 1024, "MB", 0.3 if srtp else 0.15)
        report.add(f"{name}: concealed",
                   100 * figure["frames_concealed"] / max(1, figure["frames_played"]), "% frames")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    os.environ["COMMD_BIN"] = str(arguments.bin)
    report = Report(arguments.json)
    with tempfile.TemporaryDirectory(prefix="commd-bench-") as folder:
        bench_daemon(report, pathlib.Path(folder))
    bench_media(report, arguments.bin / "bench_media")


if __name__ == "__main__":
    main()
