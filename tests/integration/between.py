"""alice and bob, and the server between them that can do with their calls what it likes."""
import pytest
from helpers import BOB_HZ, ROOM_HZ, ringing
from test_explain import explain

from peers import tones
from peers.middle import only
from peers.rtp import FRAME, RATE, is_rtp, linear

PEOPLE = {"alice": ROOM_HZ, "bob": BOB_HZ}
KEYS = ["DTLS-SRTP", "SDES", "ZRTP"]
# What is done to all that either describes, so that those keys are used.
KEPT = {"DTLS-SRTP": (), "SDES": (only("crypto"),), "ZRTP": ()}
LEAST = FRAME + 12  # a packet of 20 ms in the clear


def says(packet, hz):
    """Whether it is that tone, to whoever listens on the way."""
    if not is_rtp(packet) or len(packet) < LEAST:
        return False
    power, bins = tones.spectrum(linear(packet[12:LEAST]), RATE)
    return power[abs(bins - hz) <= 100].sum() > 0.5 * power.sum()


class Talk:
    """What goes on between alice and bob: alice has called."""

    def __init__(self, man, alice, bob, call, folder):
        self.man, self.alice, self.bob, self.call, self.theirs, self.folder = man, alice, bob, call, None, folder

    def answer(self):
        self.theirs = ringing(self.bob)
        self.bob.ctl("calls", "answer", self.theirs, "--capture", f"tone:{BOB_HZ}",
                     "--playback", f"file:{self.folder / 'bob.wav'}")

    def ends(self):
        return [(self.alice, self.call), (self.bob, self.theirs)]

    def end_of(self, user):
        return self.ends()[user == "bob"]

    def wait(self, state, timeout=15):
        for one, call in self.ends():
            one.ctl("wait", "call", call, f"--for=state={state}", f"--timeout={timeout}s", seconds=timeout + 5)

    def security(self):
        """(level, mechanism) as both are told."""
        shown = [one.ctl("calls", "show", call)["security"] for one, call in self.ends()]
        return [(each["level"], each["mechanism"]) for each in shown]

    def in_clear(self, since=None):
        """How many packets of voice could be heard on their way."""
        return sum(says(packet, hz) for user, hz in PEOPLE.items() for packet in self.man.heard(user, since))

    def codes(self, user):
        one, call = self.end_of(user)
        return [finding["code"] for finding in explain(one, call)[0]]

    def hang_up(self):
        self.alice.ctl("calls", "hangup", self.call)
        self.wait("ended")


@pytest.fixture
def between(daemon, middle, folder):
    """between(keys, policy): alice and bob, and the man who is their server."""
    def make(keys="DTLS-SRTP", policy="preferred", media=True):
        man = middle(media=media)
        people = [person(daemon, man, name, f"encryption={policy}", f"zrtp={'on' if keys == 'ZRTP' else 'off'}")
                  for name in PEOPLE]
        for name in PEOPLE:
            man.touch_descriptions(name, *KEPT[keys])
        return man, *people
    return make


def person(daemon, man, name, *settings, **options):
    one = daemon(name, **options)
    account = one.add_account(man.address(name), "secret", "--server", man.server, "--transport", "udp",
                              *(word for each in ("codecs=PCMU", *settings) for word in ("--set", each)))
    one.ctl("wait", "account", account["id"], "--for=state=online")
    return one


@pytest.fixture
def called(between, folder):
    """called(keys, policy, alice=[...], bob=[...]): alice has called bob, and what they describe is changed so."""
    def make(keys="DTLS-SRTP", policy="preferred", alice=(), bob=()):
        man, *people = between(keys, policy)
        for name, touches in (("alice", alice), ("bob", bob)):
            man.touch_descriptions(name, *KEPT[keys], *touches)
        call = people[0].ctl("call", man.address("bob"), "--detach", "--capture", f"tone:{ROOM_HZ}",
                             "--playback", f"file:{folder / 'alice.wav'}")["id"]
        return Talk(man, *people, call, folder)
    return make


@pytest.fixture
def talking(called):
    def make(*words, **touches):
        talk = called(*words, **touches)
        talk.answer()
        return talk
    return make
