"""Whether anybody uses the daemon is told to a server that wants to know (XEP-0352): prosody keeps back what can wait, and
who asks is answered with all of it."""
# ctest: timeout=300
import pytest

from test_xmpp_contacts import BOB, is_contact, served, sign_in  # noqa: F401


@pytest.mark.seconds(200)
def test_presence_is_kept_back_while_nobody_looks(daemon, prosody, friend, pki, served):  # noqa: F811
    one, server = daemon("one"), prosody(**served)
    bob = friend("bob", server)
    sign_in(one, server, pki)
    with one.watch() as watch:
        watch.wait_for(is_contact(availability="AVAILABLE"))
    # A minute after the last client.
    one.process.wait_line("event: xmpp_client_state, .*in_use: false", seconds=90)
    bob.presence(show="away", status="out")
    server.process.wait_line("Holding buffer", seconds=20)
    shown = one.ctl("contact", "show", "bob")
    assert shown["presence"]["availability"] == "AVAILABILITY_AWAY", "what was kept back has come first"
    assert shown["presence"]["status"] == "out"
