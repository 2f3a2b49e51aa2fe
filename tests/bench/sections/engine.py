"""The media engine alone, both ends of each call in one process (bench_media); for one end."""
import json
import subprocess

SECONDS = 32
WINDOW_SECONDS = 3
RUNS = (("PCMU", False, (1, 50, 300), 0.15, 0.15), ("opus", True, (1, 25), 1.2, 0.3))


def handshakes(bench):
    done = subprocess.run([bench.binaries / "bench_zrtp"], capture_output=True, text=True, timeout=60, check=True)
    for line in done.stdout.splitlines():
        figure = json.loads(line)
        name = figure["agreement"]
        bench.add(f"zrtp_{name.lower()}_cpu_ms", f"ZRTP handshake, {name}: processor of one end",
                  figure["cpu_ms_per_end"], "ms", 10 if name == "DH3k" else 1)


def run(bench):
    handshakes(bench)
    for codec, srtp, pairs, cpu_goal, memory_goal in RUNS:
        for count in pairs:
            words = ["--codec", codec, "--pairs", str(count), "--seconds", str(WINDOW_SECONDS), "--json",
                     *(["--srtp"] if srtp else [])]
            done = subprocess.run([bench.binaries / "bench_media", *words], capture_output=True, text=True,
                                  timeout=60, check=True)
            figure = json.loads(done.stdout.splitlines()[-1])
            name = f"engine_{codec.lower()}{'_srtp' if srtp else ''}_{count}"
            title = f"engine alone, {codec}{'+SRTP' if srtp else ''}, {count} pair{'s' if count > 1 else ''}"
            bench.add(f"{name}_cpu_percent", f"{title}: processor", figure["cpu_percent_per_end"], "% core", cpu_goal)
            bench.add(f"{name}_memory_mb", f"{title}: memory", figure["kilobytes_per_end"] / 1024, "MB", memory_goal)
            bench.add(f"{name}_concealed_percent", f"{title}: concealed",
                      100 * figure["frames_concealed"] / max(1, figure["frames_played"]), "% frames")
