"""From the answer to sound both ways: plain, with ICE and DTLS-SRTP over SIP, and the same over Jingle.

Two daemons in a network of their own, each with an account at a server there. A person answers (AnswerCall) at
once; what follows is read from the packets: the call is set up when the first RTP of the second of both ends has
arrived. What each step takes is said beside the table.
"""
import contextlib
import itertools
import statistics

from peers.certs import Pki
from peers.kamailio import Kamailio
from peers.prosody import Prosody

from ..callers import PATIENCE_S, own_network, sign_in, sip_options
from ..wire import Wire, now

SECONDS = 30
CALLS = 100
GOAL_MS = 150
USERS = {"alice": "a-secret", "bob": "b-secret"}
PLAIN, ICE = ("ice=off", "encryption=off"), ("ice=on", "encryption=required")
# name, title, goal of the median from the answer
KINDS = (("sip_plain", "SIP, plain RTP", None), ("sip_ice_dtls", "SIP, ICE and DTLS-SRTP", GOAL_MS),
         ("jingle", "Jingle, ICE and DTLS-SRTP", GOAL_MS))


def one_call(wire, caller, callee, address):
    """(ms from the answer, ms from dialling, ms of each step from the answer); None: nothing was heard."""
    wire.forget()
    dialled = now()
    call = caller.dial(address, "tone:440")
    theirs = callee.wait("RINGING")
    answered = now()
    callee.answer(theirs, "tone:1000")
    steps = wire.until_heard(dialled, 2, PATIENCE_S)
    caller.hang_up(call)
    callee.wait("ENDED", theirs)
    caller.wait("ENDED", call)
    heard = steps.heard(2)
    if heard is None:
        return None
    parts = {"first check": steps.first_check, "first DTLS": steps.first_dtls, "last DTLS": steps.last_dtls,
             "first sound": steps.heard(1), "both heard": heard}
    return (1000 * (heard - answered), 1000 * (heard - dialled),
            {name: 1000 * (at - answered) for name, at in parts.items() if at})


def quantile(values, share):
    """Of sorted values the one that `share` of them do not exceed."""
    return values[min(len(values) - 1, int(len(values) * share))]


def add_kind(bench, wire, ends, address, kind):
    name, title, goal = kind
    calls = [one_call(wire, *ends, address) for _ in range(CALLS)]
    found = [call for call in calls if call]
    if len(found) < CALLS:
        bench.note(f"{title}: nothing was heard in {CALLS - len(found)} of {CALLS} calls")
    answered, dialled = sorted(call[0] for call in found), sorted(call[1] for call in found)
    bench.add(f"{name}_answer_to_rtp_p50_ms", f"{title}: answer to sound, p50", quantile(answered, 0.5), "ms", goal)
    bench.add(f"{name}_answer_to_rtp_p99_ms", f"{title}: p99 of {len(found)} calls", quantile(answered, 0.99), "ms")
    bench.add(f"{name}_dial_to_rtp_p50_ms", f"{title}: from dialling, p50", quantile(dialled, 0.5), "ms")
    names = dict.fromkeys(itertools.chain(*(call[2] for call in found)))
    bench.note(f"{title}, ms after the answer: " + ", ".join(
        f"{step} {statistics.median(call[2][step] for call in found if step in call[2]):.1f}" for step in names))


def over_sip(bench, network, wire):
    with contextlib.ExitStack() as stack:
        with network.inside():
            server = Kamailio(bench.folder, bench.ports, users=USERS, name="setup-kamailio")
        stack.callback(server.stop)
        addresses = [f"sip:{user}@{server.domain}" for user in USERS]
        for kind, settings in zip(KINDS, (PLAIN, ICE)):
            with contextlib.ExitStack() as inner:
                ends = [sign_in(bench, inner, address, secret, *sip_options(server, settings), network=network)
                        for address, secret in zip(addresses, USERS.values())]
                add_kind(bench, wire, ends, addresses[1], kind)


def over_jingle(bench, network, wire):
    folder = bench.folder / "setup-pki"
    folder.mkdir()
    pki, friends = Pki(folder), folder / "friends"
    friends.write_text("".join(["[People]\n", *(f"{user}@xmpp.test\n" for user in USERS)]))
    with contextlib.ExitStack() as stack:
        with network.inside():
            server = Prosody(bench.folder, bench.ports, users=USERS, pki=pki, name="setup-prosody", level="warn",
                             more=f'groups_file = "{friends}"', modules=["groups"])
        stack.callback(server.stop)
        addresses = [f"xmpp:{user}@{server.domain}" for user in USERS]
        ends = [sign_in(bench, stack, address, secret, *server.options(pki), network=network)
                for address, secret in zip(addresses, USERS.values())]
        add_kind(bench, wire, ends, addresses[1], KINDS[2])


def run(bench):
    with own_network(bench, "setup") as network:
        if not network:
            return
        with network.inside():
            wire = Wire()
        with wire:
            over_sip(bench, network, wire)
            over_jingle(bench, network, wire)
