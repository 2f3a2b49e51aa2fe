"""Daemons that call each other through the API, and a small network for them alone."""
import contextlib
import itertools
import os

from peers.api import Api
from peers.daemon import Daemon
from peers.namespace import Namespace

from .subjects import LIMITS

OWN_HOST = "198.51.100.1"
PATIENCE_S = 10
_numbers = itertools.count(1)


@contextlib.contextmanager
def own_network(bench, name):
    """A network with loopback and OWN_HOST, as a machine at one network has it; None where we are not root."""
    if os.geteuid() != 0:
        bench.note(f"{name}: left out, networks of one's own are for root")
        yield None
        return
    with contextlib.closing(Namespace(bench.folder, f"bench-{name}")) as network:
        network.ip("link add net0 type bridge", f"address add {OWN_HOST}/24 dev net0", "link set net0 up")
        yield network


class Caller:
    """A daemon's calls: made, answered and ended by its API, followed by its stream of events."""

    def __init__(self, daemon, stack):
        api = stack.enter_context(Api(daemon))
        self.daemon, self._calls, self._words = daemon, api.calls, api.v1.call
        self._changes = (response.event.call_changed for response in api.watch(seconds=900)
                         if response.event.HasField("call_changed"))

    def dial(self, address, capture, playback="none"):
        """Returns its id at once."""
        request = self._words.CreateCallRequest(address=address, capture=capture, playback=playback)
        return self._calls.CreateCall(request, timeout=PATIENCE_S).id

    def answer(self, call, capture, playback="none"):
        self._calls.AnswerCall(self._words.AnswerCallRequest(id=call, capture=capture, playback=playback),
                               timeout=PATIENCE_S)

    def hang_up(self, call):
        self._calls.HangUpCall(self._words.HangUpCallRequest(id=call), timeout=PATIENCE_S)

    def wait(self, state, call=None):
        """The id of the next call, or of that one, that comes into this state."""
        wanted = self._words.Call.State.Value(f"STATE_{state}")
        for change in self._changes:
            if call not in (None, change.id):
                continue
            if change.state == wanted:
                return change.id
            if change.state == self._words.Call.STATE_ENDED:
                reason = self._words.Call.EndReason.Name(change.end_reason)
                raise AssertionError(f"call {change.id} ended: {reason} {change.end_text}")
        raise AssertionError(f"{self.daemon.name} says no more")

    def wait_all(self, state, calls):
        """Until each of them has come into it, in whatever order."""
        wanted, left = self._words.Call.State.Value(f"STATE_{state}"), set(calls)
        while left:
            change = next(self._changes)
            if change.state == wanted:
                left.discard(change.id)
            elif change.id in left and change.state == self._words.Call.STATE_ENDED:
                raise AssertionError(f"call {change.id} ended: {change.end_text}")

    def stats(self):
        """CallStats of each live call."""
        return self._calls.GetCallStats(self._words.GetCallStatsRequest(), timeout=PATIENCE_S).stats


def sign_in(bench, stack, address, password, *options, network=None):
    """A daemon with this account, online, until the stack is closed."""
    daemon = Daemon(bench.folder, f"caller-{next(_numbers)}", settings=LIMITS, network=network)
    stack.callback(daemon.stop)
    account = daemon.add_account(address, password, *options)
    daemon.ctl("wait", "account", account["id"], "--for=state=online")
    return Caller(daemon, stack)


def sip_options(server, settings=()):
    """Words for `account add`: over UDP at this Kamailio, with these settings."""
    return ["--server", f"127.0.0.1:{server.udp}", "--transport", "udp",
            *itertools.chain(*(("--set", setting) for setting in settings))]
