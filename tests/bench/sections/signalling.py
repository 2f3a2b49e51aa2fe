"""Calls without end: their cost, how many a second, and how soon something is heard.

A call has its media session set up, lasts 20 ms and is ended by the caller; "answered by a person" is
the same to an account that answers by itself, with its events and its line in the call log.
Signalling alone is INVITE, 180, CANCEL, 487, ACK to a person: nothing of media exists before the
answer. The processor time is that of the callee's process.
"""
from ..load import all_well, highest
from ..subjects import Baresip, Commd, Reflector

SECONDS = 65
RUN_SECONDS = 3
COST_RATE = 300  # calls a second at which the cost of one is measured
PEER_COST_RATE = 100
RATES = (500, 1000, 1500, 2000, 2500, 3000)
PEER_RATES = (100, 150, 200, 250, 300, 400, 500, 700, 1000)
FIRST_RTP_CALLS = 200
# The generator that near to a whole core: it is the limit, not the callee.
GENERATOR_SHARE = 0.8


def cost(bench, subject, rate, cancel=False):
    """ms of CPU a call, or None and a note when calls failed."""
    with subject as callee:
        result = bench.generator.rate(callee, rate, RUN_SECONDS, cancel)
    if result["failed"]:
        bench.note(f"{subject.name}: {result['failed']} of {result['calls']} calls failed at {rate}/s: "
                   f"{result['trouble']}")
        return None
    return result["cpu_ms_per_call"]


def costs(bench):
    kinds = (("call_with_media_cpu_ms", "a call with its media session", 0.8, {}, {}, False),
             ("call_answered_cpu_ms", "the same, answered by a person, in the log", None,
              {"user": "local", "auto_answer": True}, None, False),
             ("call_signalling_cpu_ms", "signalling alone: rings, is cancelled", None,
              {"user": "local"}, {"echo": False}, True))
    for name, title, goal, ours, theirs, cancel in kinds:
        value = cost(bench, Commd(bench.folder, bench.ports, **ours), COST_RATE, cancel)
        peer = None if theirs is None else bench.peer(title, lambda: cost(
            bench, Baresip(bench.folder, bench.ports, **theirs), PEER_COST_RATE, cancel))
        if value is not None:
            bench.add(name, title, value, "ms CPU", goal, peer=peer)


def highest_rate(bench, make, rates):
    """The most calls a second without a failure; a fresh callee for each rate."""
    def attempt(rate):
        if not bench.budget.allows(3 * RUN_SECONDS):
            bench.note(f"no time was left to try {rate} calls/s")
            return False, None
        with make() as callee:
            result = bench.generator.rate(callee, rate, RUN_SECONDS)
        well = all_well(result)
        if not well:
            why = (f"{result['failed']} failed {result['trouble']}".strip() if result["failed"] else
                   f"{result['retransmissions']} requests were repeated, drained in {result['drain_ms']:.0f} ms")
            own = result["generator_cpu_seconds"] / result["seconds"]
            limit = "; the generator was the limit" if own > GENERATOR_SHARE else ""
            bench.note(f"{callee.name} at {rate} calls/s: {why} (generator {100 * own:.0f} % of a core, at most "
                       f"{result['behind_ms']:.0f} ms behind{limit})")
        return well, result
    return highest(rates, attempt)[0]


def first_rtp(bench):
    """From the INVITE sent to the first RTP packet in the caller's socket, by the kernel's time of arrival."""
    def measure(make):
        with make() as callee:
            result = bench.generator.first_rtp(callee, FIRST_RTP_CALLS)
        if result["failed"]:
            bench.note(f"{callee.name}: no RTP in {result['failed']} of {result['calls']} calls")
        return result
    ours = measure(lambda: Commd(bench.folder, bench.ports))
    theirs = bench.peer("first RTP", lambda: measure(lambda: Baresip(bench.folder, bench.ports))) or {}
    floor = measure(lambda: Reflector(bench.folder, bench.ports))
    for quantile, goal in (("p50", None), ("p99", 5)):
        key = f"first_rtp_{quantile}_ms"
        bench.add(f"invite_to_{key}", f"INVITE to first RTP, {quantile} of {FIRST_RTP_CALLS} calls", ours[key],
                  "ms", goal, peer=theirs.get(key))
    bench.add("invite_to_first_rtp_floor_ms", "the same of a callee that does nothing, p50",
              floor["first_rtp_p50_ms"], "ms")


def run(bench):
    costs(bench)
    peer = bench.peer("calls a second", lambda: highest_rate(
        bench, lambda: Baresip(bench.folder, bench.ports), PEER_RATES))
    bench.add("calls_per_s", f"calls a second without a failure, for {RUN_SECONDS} s",
              highest_rate(bench, lambda: Commd(bench.folder, bench.ports), RATES), "/s", 1000,
              lower=False, peer=peer)
    first_rtp(bench)
