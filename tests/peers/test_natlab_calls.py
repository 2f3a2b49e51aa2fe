"""Another vendor's phones talk by ICE from one network of the laboratory to another: proof of all of it at once."""
# ctest: timeout=300
import pytest

from peers import tones
from peers.fixtures import USERS
from peers.natlab import SERVER


@pytest.fixture
def phones(natlab, kamailio, coturn, baresip):
    """phones(kind, kind): alice and bob with ICE in networks of these kinds, registered, and the relay."""
    def make(*kinds):
        lab = natlab()
        with lab.public.inside():
            server = kamailio(hosts=(SERVER,), port=5060, tls_port=5061, nat=True)
            turn = coturn(users=USERS, hosts=(SERVER,), port=3478, tls_port=5349)
        made = []
        for name, kind, hz in zip(("alice", "bob"), kinds, (440, 1000)):
            client = lab.network(kind).client(name)
            with client.inside():
                made.append(baresip(
                    name, registrar=server, host=client.host, transport="tls", medianat="ice", source=f"sine:{hz}",
                    mediaenc="dtls_srtp", account=f'stunserver="turn:{SERVER}:3478";stunuser={name};'
                                                  f'stunpass={turn.credentials(name)[1]}'))
            made[-1].wait_registered()
        return *made, turn
    return make


@pytest.mark.parametrize("kinds,relayed", [(("open", "symmetric"), False), (("port_restricted",) * 2, False),
                                           (("symmetric",) * 2, True)],
                         ids=["open-symmetric", "port_restricted", "symmetric"])
def test_another_vendors_phones_talk(phones, kinds, relayed):
    alice, bob, turn = phones(*kinds)
    alice.dial(bob.uri)
    for phone in (alice, bob):
        phone.wait_event("CALL_ESTABLISHED", 20)
        phone.wait_event("CALL_RTPESTAB", 20)
    tones.wait_length(alice.heard(), 2)
    alice.hangup()
    bob.wait_event("CALL_CLOSED")
    tones.assert_tone(alice.heard(), 1000, absent=[440])
    tones.assert_tone(bob.heard(), 440, absent=[1000])
    # Where a way is open too: this vendor keeps the pair that answers first, be it the relay's.
    if relayed:
        for phone in (alice, bob):
            phone.stop()
        assert turn.wait_relayed() > 250  # checks are some dozens, the sound of two seconds is hundreds
