"""What a call costs that decodes, mixes and encodes: echo calls from another process.

Only the callee's process is measured, so a figure is that of one end of a call. Each number of calls
meets a fresh callee. Memory is what each call after the first adds.
"""
from ..load import LoadFailed, held, highest
from ..subjects import Baresip, Commd, Reflector

SECONDS = 310
WINDOW_SECONDS = 4
SEARCH_SECONDS = 3
RAMP, PEER_RAMP = 200, 100  # calls begun a second

# codec, with SRTP, name, title, % of a core, MB, numbers of calls, and the search for as many as hold
KINDS = (("pcmu", False, "pcmu", "PCMU", 0.15, 0.15, (1, 50, 300, 600), (1000, 1500, 2000, 2500, 3000)),
         ("opus", True, "opus_srtp", "Opus+SRTP", 1.2, 0.3, (1, 50), (80, 120, 160, 200, 250, 300)))
PEER_CALLS = {"pcmu": ((1, 50), (150, 200, 250, 300, 400)),
              "opus": ((1, 50), (80, 120, 160, 200))}
PCMU_HELD_GOAL = 600
FLATTEST, CROWD = 50, 600
REFLECTED = (1, 50)


def hold(bench, make, calls, codec, srtp, seconds, ramp):
    """(whether they held, the result); a callee or generator that breaks down has not held."""
    try:
        with make() as callee:
            result = bench.generator.hold(callee, calls, codec, srtp, seconds, ramp)
    except LoadFailed as error:
        bench.note(f"{calls} calls: {str(error).splitlines()[0]}")
        return False, None
    well = held(result)
    if not well:
        due = 50 * result["seconds"] * calls
        bench.note(f"{callee.name}, {calls} {codec} calls: {result['failed']} failed {result['trouble']}, "
                   f"{100 * result['packets'] / due:.1f} % of the packets came back (worst call "
                   f"{100 * result['fewest'] * calls / due:.1f} %), {result['pauses']} pauses, "
                   f"{100 * result['sounding'] / max(1, result['packets']):.0f} % with sound, generator at most "
                   f"{result['behind_ms']:.0f} ms late with {result['generator_cpu_seconds'] / result['seconds']:.2f} cores")
    return well, result


def time_for(bench, calls, ramp):
    enough = bench.budget.allows(calls / ramp * 2 + WINDOW_SECONDS + 6)
    if not enough:
        bench.note(f"no time was left to try {calls} calls")
    return enough


def series(bench, make, codec, srtp, counts, steps, ramp):
    """({calls: result} of those that held, the most calls that held)."""
    results = {}

    def attempt(calls):
        if not time_for(bench, calls, ramp):
            return False, None
        seconds = WINDOW_SECONDS if calls in counts else SEARCH_SECONDS
        well, result = hold(bench, make, calls, codec, srtp, seconds, ramp)
        if well:
            results[calls] = result
        return well, result
    return results, highest((*counts, *steps), attempt)[0]


def add_kind(bench, kind):
    codec, srtp, name, title, cpu_goal, memory_goal, counts, steps = kind
    ours, most = series(bench, lambda: Commd(bench.folder, bench.ports), codec, srtp, counts, steps, RAMP)
    theirs, peer_most = bench.peer(title, lambda: series(
        bench, lambda: Baresip(bench.folder, bench.ports, codec=codec, srtp=srtp), codec, srtp,
        *PEER_CALLS[codec], PEER_RAMP)) or ({}, None)
    for calls in [count for count in counts if count in ours]:
        result, peer = ours[calls], theirs.get(calls, {})
        words = f"{title}, {calls} call{'s' if calls > 1 else ''}"
        bench.add(f"{name}_{calls}_cpu_percent", f"{words}: processor, each", result["cpu_percent"], "% core", cpu_goal,
                  peer=peer.get("cpu_percent"))
        bench.add(f"{name}_{calls}_memory_mb", f"{words}: memory, each", result["memory_mb"], "MB", memory_goal,
                  peer=peer.get("memory_mb"))
    bench.add(f"{name}_calls_held", f"{title} calls held at once", most, "calls",
              PCMU_HELD_GOAL if codec == "pcmu" else None, lower=False, peer=peer_most)
    if most and most in ours:
        bench.add(f"{name}_most_cpu_percent", f"{title}, each of as many as hold", ours[most]["cpu_percent"],
                  "% core", cpu_goal, peer=theirs.get(peer_most, {}).get("cpu_percent"))
    if codec == "pcmu" and FLATTEST in ours and CROWD in ours:
        bench.add("pcmu_flatness_ratio", f"PCMU, {CROWD} calls: cost of each over that of {FLATTEST}",
                  ours[CROWD]["cpu_percent"] / ours[FLATTEST]["cpu_percent"], "ratio")


def add_reflector(bench):
    for calls in REFLECTED:
        well, result = hold(bench, lambda: Reflector(bench.folder, bench.ports), calls, "pcmu", False,
                            SEARCH_SECONDS, RAMP)
        if well:
            bench.add(f"reflector_{calls}_cpu_percent", f"a packet reflector, {calls} stream{'s' if calls > 1 else ''}: "
                      "processor, each", result["cpu_percent"], "% core")


def run(bench):
    add_reflector(bench)
    for kind in KINDS:
        add_kind(bench, kind)
