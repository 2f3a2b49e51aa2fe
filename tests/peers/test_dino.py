"""Two people at Dino call each other: proof of the way their calls are made and heard here."""
# ctest: timeout=300
import pytest

from peers.dino import dns_records
from peers.natlab import SERVER


@pytest.fixture
def two(natlab, coturn, prosody, dino, folder):
    """two(kind, kind): alice and bob at Dino, each other's contacts, in networks of these kinds."""
    def make(*kinds):
        lab = natlab()
        people = folder / "groups.txt"
        people.write_text("[People]\nalice@xmpp.test\nbob@xmpp.test\n")
        with lab.public.inside():
            turn = coturn(secret="shared", hosts=(SERVER,), port=3478, tls_port=5349)
            server = prosody(hosts=(SERVER,), starttls=5222, direct=5223, turn=turn, modules=["groups"],
                             more=f'groups_file = "{people}"\n')
        dns_records(lab.dns, server.domain, SERVER)
        return [dino(user, lab.network(kind).client(user), server) for user, kind in zip(("alice", "bob"), kinds)]
    return make


@pytest.mark.parametrize("kinds,kept", [
    (("open", "open"), {"host"}), (("port_restricted", "port_restricted"), {"srflx", "prflx"}),
    (("symmetric", "symmetric"), {"relay", "prflx"})], ids=["open", "port_restricted", "symmetric"])
def test_they_talk(two, kinds, kept):
    alice, bob = two(*kinds)
    with alice.says(440), bob.says(1000):
        alice.call(bob.jid)
        bob.wait_ringing()
        bob.accept()
        for person in (alice, bob):
            person.wait_secure()
        alice.ear.wait_tone(1000, absent=[440])
        bob.ear.wait_tone(440, absent=[1000])
        pair = set(alice.wait_pair())
        assert pair <= kept
        assert ("relay" in pair) == ("relay" in kept)
    alice.hang_up()
    bob.wait_ended()
    bob.ear.wait_silence()


def test_no_is_an_answer(two):
    alice, bob = two("open", "open")
    bob.call(alice.jid)
    alice.wait_ringing()
    alice.reject()
    bob.wait_ended()
    # And the next call is another one.
    bob.call(alice.jid)
    alice.wait_ringing()
    bob.hang_up()
    alice.wait_ended()
