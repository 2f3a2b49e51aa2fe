"""The harness proved on itself: peers that call each other, a network with known faults."""
import os
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from peers import tones
from peers.dns import decode_question, encode_name
from peers.ports import Ports, have_ipv6
from peers.process import SLOW, Process, ProcessFailed, deadline, wait_tcp


def call(alice, bob, seconds=1.5):
    """alice calls bob through their registrar and both listen for a while."""
    for phone in (alice, bob):
        if phone.registrar:
            phone.wait_registered()
    alice.dial(bob.uri)
    for phone in (alice, bob):
        phone.wait_event("CALL_ESTABLISHED")
        phone.wait_event("CALL_RTPESTAB")
    threading.Event().wait(seconds)  # the length of the recording is what is under test
    alice.hangup()
    bob.wait_event("CALL_CLOSED")


# ---- baresip through kamailio -----------------------------------------------------


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_call_through_registrar(kamailio, baresip, transport):
    server = kamailio()
    alice = baresip("alice", registrar=server, transport=transport, source="sine:440")
    bob = baresip("bob", registrar=server, transport=transport, source="sine:1000")
    call(alice, bob)
    tones.assert_tone(alice.heard(), 1000, absent=[440])
    tones.assert_tone(bob.heard(), 440, absent=[1000])
    assert server.contacts("alice") == 1
    assert server.contacts("carol") == 0


@pytest.mark.parametrize("codec,name", [("pcma", "PCMA"), ("g722", "G722"), ("opus", "opus")])
def test_codecs(kamailio, baresip, codec, name):
    server = kamailio()
    alice = baresip("alice", registrar=server, codecs=[codec], source="sine:440")
    bob = baresip("bob", registrar=server, codecs=[codec], source="sine:1000")
    call(alice, bob)
    assert alice.encoder() == name
    tones.assert_tone(alice.heard(), 1000)
    tones.assert_tone(bob.heard(), 440)


@pytest.mark.parametrize("mediaenc", ["srtp-mand", "dtls_srtp"])
def test_protected_media(kamailio, baresip, mediaenc):
    server = kamailio()
    alice = baresip("alice", registrar=server, mediaenc=mediaenc, source="sine:440")
    bob = baresip("bob", registrar=server, mediaenc=mediaenc, source="sine:1000")
    call(alice, bob, 2.5)
    tones.assert_tone(bob.heard(), 440)
    tones.assert_tone(alice.heard(), 1000)


@pytest.mark.skipif(not have_ipv6(), reason="no IPv6 on the loopback interface")
def test_direct_call_over_ipv6(baresip):
    alice = baresip("alice", host="::1", source="sine:440")
    bob = baresip("bob", host="::1", source="sine:1000")
    call(alice, bob)
    tones.assert_tone(alice.heard(), 1000)
    tones.assert_tone(bob.heard(), 440)


def test_mandatory_srtp_refuses_plain(kamailio, baresip):
    server = kamailio()
    alice = baresip("alice", registrar=server, mediaenc="srtp-mand")
    bob = baresip("bob", registrar=server)
    alice.wait_registered()
    bob.wait_registered()
    alice.dial(bob.uri)
    assert "488" in alice.wait_event("CALL_CLOSED")["param"]


def test_call_control(kamailio, baresip):
    server = kamailio()
    alice = baresip("alice", registrar=server)
    bob = baresip("bob", registrar=server, answer="manual")
    alice.wait_registered()
    bob.wait_registered()
    alice.dial(bob.uri)
    bob.wait_event("CALL_INCOMING")
    alice.wait_event("CALL_RINGING")
    bob.accept()
    alice.wait_event("CALL_ESTABLISHED")
    bob.wait_event("CALL_RTPESTAB")
    alice.dtmf("159#")
    bob.wait_event("CALL_DTMF_END", matches=lambda event: bob.dtmf_received() == "159#")
    mark = bob.process.mark()
    alice.hold()
    bob.process.wait_line("^a=sendonly", since=mark)
    alice.resume()
    bob.process.wait_line("^a=sendrecv", since=mark)
    bob.hangup()
    alice.wait_event("CALL_CLOSED")


def test_blind_transfer(kamailio, baresip):
    server = kamailio()
    phones = {name: baresip(name, registrar=server) for name in ("alice", "bob", "carol")}
    for phone in phones.values():
        phone.wait_registered()
    phones["alice"].dial(phones["bob"].uri)
    phones["alice"].wait_event("CALL_ESTABLISHED")
    phones["bob"].wait_event("CALL_ESTABLISHED")
    phones["alice"].transfer(phones["carol"].uri)
    phones["carol"].wait_event("CALL_ESTABLISHED")


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_digest_challenge(kamailio, algorithm):
    server = kamailio(algorithm=algorithm)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind(("127.0.0.1", 0))
        client.settimeout(5)
        me = f"127.0.0.1:{client.getsockname()[1]}"
        client.sendto((f"REGISTER sip:{server.domain} SIP/2.0\r\nVia: SIP/2.0/UDP {me};branch=z9hG4bK1\r\n"
                       f"From: <sip:alice@{server.domain}>;tag=1\r\nTo: <sip:alice@{server.domain}>\r\n"
                       f"Call-ID: 1@{me}\r\nCSeq: 1 REGISTER\r\nMax-Forwards: 5\r\n"
                       f"Contact: <sip:alice@{me}>\r\nContent-Length: 0\r\n\r\n").encode(),
                      ("127.0.0.1", server.udp))
        answer = client.recv(4096).decode()
    assert answer.startswith("SIP/2.0 401")
    assert ("algorithm=SHA-256" in answer) == (algorithm == "SHA-256")


def test_registrar_restarts_on_its_ports_and_is_quick(kamailio):
    server = kamailio()
    server.stop()
    begin = time.monotonic()
    server.start()
    assert time.monotonic() - begin < 2 * SLOW


# ---- the bad network ---------------------------------------------------------------


def exchange(relay, packets, side="a"):
    """Sends numbered packets through the relay; returns the numbers that arrive, in order."""
    near, far = (relay.port_a, relay.port_b) if side == "a" else (relay.port_b, relay.port_a)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.sendto(b"hello", ("127.0.0.1", far))
        sender.bind(("127.0.0.1", 0))
        sender.sendto(struct.pack("!I", 0), ("127.0.0.1", near))
        arrived = []

        def drain(seconds):
            receiver.settimeout(seconds)
            try:
                while True:
                    arrived.append(struct.unpack("!I", receiver.recv(100))[0])
            except (TimeoutError, BlockingIOError):
                pass

        for number in range(1, packets):
            sender.sendto(struct.pack("!I", number), ("127.0.0.1", near))
            if number % 20 == 0:  # stay within the socket buffers
                until = deadline(5)
                while relay.counters(side).received < number and time.monotonic() < until:
                    threading.Event().wait(0.001)
                drain(0)
        drain(1)
        return arrived


def test_relay_passes_everything_when_unimpaired(relay):
    one = relay()
    assert exchange(one, 200) == list(range(200))
    assert one.counters("a").forwarded == 200
    assert one.counters("a").lost == 0


def test_relay_loses_the_same_packets_for_the_same_seed(relay):
    runs = []
    for seed in (7, 7, 8):
        one = relay(seed=seed)
        one.impair("a", loss=0.1)
        runs.append(exchange(one, 500))
        counters = one.counters("a")
        assert counters.received == 500
        assert counters.lost == 500 - len(runs[-1])
        assert 25 <= counters.lost <= 80
        assert one.counters("b").lost == 0
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


def test_relay_loses_in_bursts(relay):
    one = relay(seed=3)
    one.impair(loss=0.2, burst=5)
    arrived = set(exchange(one, 1000))
    gaps = sum(1 for n in range(1, 1000) if n not in arrived and n - 1 in arrived)
    lost = 1000 - len(arrived)
    assert 80 <= lost <= 350
    assert lost / gaps > 2.5


def test_relay_duplicates_and_reorders(relay):
    one = relay(seed=5)
    one.impair(duplicate=0.1, reorder=0.1, reorder_ms=20)
    arrived = exchange(one, 300)
    assert len(arrived) == 300 + one.counters("a").duplicated
    assert one.counters("a").reordered > 10
    assert arrived != sorted(arrived)


def test_relay_delays(relay):
    one = relay()
    one.impair("b", delay_ms=80)
    begin = time.monotonic()
    assert exchange(one, 2, side="b") == [0, 1]
    assert time.monotonic() - begin > 0.08 + 1  # the receiver's second of silence


def test_call_over_a_bad_network(kamailio, baresip, relay):
    network = relay(seed=4)
    server = kamailio(relay=network)
    alice = baresip("alice", registrar=server, source="sine:440")
    bob = baresip("bob", registrar=server, source="sine:1000")
    network.impair("a", loss=0.1)
    call(alice, bob, 3)
    assert network.counters("a").lost > 3
    assert network.counters("b").received > 100
    tones.assert_tone(alice.heard(), 1000, at_least=0.95)
    samples, rate = tones.read(bob.heard())
    assert tones.dominant(samples, rate) == pytest.approx(440, abs=5)


# ---- sound -------------------------------------------------------------------------


def test_tones_are_told_apart(folder):
    rate = 8000
    mixed = tones.tone(440, 2, rate) + tones.tone(1000, 2, rate, level=0.1)
    path = tones.write(folder / "a.wav", mixed, rate)
    samples, read_rate = tones.read(path)
    assert read_rate == rate
    assert tones.dominant(samples, rate) == pytest.approx(440, abs=2)
    assert 0.9 < tones.share(samples, rate, 440) < 0.95
    assert tones.goertzel(samples, rate, 1000) == pytest.approx(0.1, abs=0.01)
    tones.assert_tone(path, 440, seconds=1.9)
    with pytest.raises(AssertionError):
        tones.assert_tone(path, 440, absent=[1000])
    with pytest.raises(AssertionError):
        tones.assert_tone(path, 700)


def test_a_tone_with_holes_is_still_pure():
    rate = 8000
    torn = np.concatenate([tones.tone(440, seconds, rate) for seconds in (0.433, 0.281, 0.519, 0.377, 0.49)])
    assert tones.purity(torn, rate, 440) > 0.95 and tones.purity(torn, rate, 880) < 0.01
    assert tones.purity(torn + tones.tone(700, 3, rate)[:len(torn)], rate, 440) < 0.6



def test_damage_is_measured(folder):
    rate = 8000
    good = tones.tone(440, 2, rate)
    assert tones.degraded_ratio(good, rate, 440) == 0
    bad = good.copy()
    for frame in range(10, 100, 10):
        bad[frame * 160:(frame + 1) * 160] = 0
    assert tones.degraded_ratio(bad, rate, 440) == pytest.approx(0.09, abs=0.02)


def test_chirps_are_found_with_their_delay():
    rate = 16000
    sent = tones.chirps(3, rate=rate)
    delay = int(0.123 * rate)
    heard = 0.4 * tones.resample(sent, rate, rate)
    heard = [0.0] * delay + list(heard) + [0.0] * 100
    import numpy as np
    heard = np.array(heard) + 0.001 * np.random.default_rng(1).standard_normal(len(heard))
    found, score = tones.chirp_delay(sent, heard, rate)
    assert found == pytest.approx(0.123, abs=0.0005)
    assert score > 0.9
    assert len(tones.find_chirps(heard, rate)) == 3
    assert tones.find_chirps(0.001 * np.random.default_rng(1).standard_normal(rate), rate) == []


def test_bands_tell_speech_from_silence():
    import numpy as np
    speech = tones.speech_like(3, rate=16000)
    assert tones.band_difference(speech, speech, 16000) == 0
    assert tones.band_difference(speech, np.zeros(48000), 16000) > tones.BAND_LIMIT_DB


def test_unfinished_recording_is_read(folder):
    path = tones.write(folder / "a.wav", tones.tone(440, 1, 8000), 8000)
    raw = bytearray(path.read_bytes())
    raw[40:44] = b"\0\0\0\0"
    path.write_bytes(raw)
    assert len(tones.read(path)[0]) == 8000


# ---- names and certificates ----------------------------------------------------------


def ask(server, name, kind):
    """(rcode, number of answers, the bytes after the question)"""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.5)
        client.sendto(struct.pack("!HHHHHH", 77, 0x0100, 1, 0, 0, 0) + encode_name(name)
                      + struct.pack("!HH", kind, 1), (server.host, server.port))
        reply = client.recv(4096)
    identity, flags, _, answers = struct.unpack_from("!HHHH", reply)
    assert identity == 77 and flags & 0x8000
    return flags & 15, answers, reply[12 + decode_question(reply)[2]:]


def test_dns_zone_and_failures(dns):
    server = dns()
    server.add("Example.test", "NAPTR", (10, 20, "s", "SIP+D2U", "", "_sip._udp.example.test"))
    server.add("_sip._udp.example.test", "SRV", (1, 2, 5060, "a.example.test"))
    server.add("a.example.test", "A", "127.0.0.1")
    server.add("a.example.test", "AAAA", "::1")
    assert ask(server, "EXAMPLE.test", 35)[:2] == (0, 1)
    rcode, answers, data = ask(server, "_sip._udp.example.test", 33)
    assert (rcode, answers) == (0, 1)
    assert data.endswith(struct.pack("!HHH", 1, 2, 5060) + encode_name("a.example.test"))
    assert ask(server, "a.example.test", 1)[2].endswith(bytes([127, 0, 0, 1]))
    assert ask(server, "a.example.test", 28)[1] == 1
    assert ask(server, "a.example.test", 33)[:2] == (0, 0)
    assert ask(server, "b.example.test", 1)[0] == 3
    server.fail("a.example.test", "servfail", "A")
    assert ask(server, "a.example.test", 1)[0] == 2
    assert ask(server, "a.example.test", 28)[0] == 0
    server.fail("a.example.test", "silence")
    server.fail("a.example.test", None, "A")
    with pytest.raises(TimeoutError):
        ask(server, "a.example.test", 1)
    server.wait_query("a.example.test", "SRV")


def handshake(certificate, authority, name):
    """None when a client that trusts `authority` accepts the server as `name`, else why not."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate.chain, certificate.key)
    client = ssl.create_default_context(cafile=authority.cert)
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [client.wrap_bio(to_client, to_server, server_hostname=name),
            server.wrap_bio(to_server, to_client, server_side=True)]
    done = [False, False]
    while not all(done):
        for index, end in enumerate(ends):
            try:
                end.do_handshake()
                done[index] = True
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLCertVerificationError as error:
                return error.verify_message
    return None


def test_certificates(pki):
    ca, name = pki.ca, "sip.example.test"
    assert handshake(pki.leaf(name), ca, name) is None
    assert handshake(pki.leaf(name, issuer=pki.intermediate()), ca, name) is None
    assert handshake(pki.wildcard("example.test"), ca, name) is None
    assert handshake(pki.address(), ca, "127.0.0.1") is None
    assert "mismatch" in handshake(pki.leaf("other.test"), ca, name)
    assert "mismatch" in handshake(pki.leaf(name, ["DNS:other.test"]), ca, name)
    assert "expired" in handshake(pki.expired(name), ca, name)
    assert "not yet valid" in handshake(pki.not_yet_valid(name), ca, name)
    assert "self" in handshake(pki.self_signed(name), ca, name)
    assert "unable to get" in handshake(pki.unknown_ca(name), ca, name)


# ---- processes and ports -----------------------------------------------------------------


def test_ports_are_never_handed_out_twice():
    one, two = Ports(), Ports()
    try:
        mine = [one.free() for _ in range(50)] + [one.pair() for _ in range(20)]
        theirs = [two.free() for _ in range(50)]
        assert not set(mine) & set(theirs)
        assert all(port % 2 == 0 for port in mine[50:])
    finally:
        one.close()
        two.close()


def test_waiting_for_a_line_fails_with_the_log(folder):
    with Process(["sh", "-c", "echo ready; echo oops >&2; exit 3"], folder / "sh.log") as process:
        process.wait_line("read.")
        assert process.wait_exit(5) == 3
        with pytest.raises(ProcessFailed, match="oops"):
            process.wait_line("never", 0.1)


def test_stop_ends_a_deaf_program_and_its_children(folder):
    process = Process(["sh", "-c", "trap '' TERM; sleep 100 & echo $!; wait; wait"], folder / "sh.log")
    child = int(process.wait_line(r"^(\d+)$").group(1))
    assert process.stop(grace=0.2) == -signal.SIGKILL
    until = deadline(5)
    while os.path.exists(f"/proc/{child}") and time.monotonic() < until:
        state = open(f"/proc/{child}/stat", encoding="ascii").read().split()[2]
        if state == "Z":
            break
        threading.Event().wait(0.01)
    else:
        assert not os.path.exists(f"/proc/{child}")


def test_nothing_outlives_a_killed_test_program(folder):
    script = ("import sys, pathlib; sys.path.insert(0, sys.argv[1])\n"
              "from peers.process import Process\n"
              "p = Process(['sh', '-c', 'sleep 100 & echo $!; wait'], sys.argv[2])\n"
              "print(p.wait_line(r'^(\\d+)$').group(1), flush=True)\n"
              "import signal; signal.pause()\n")
    tests = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    program = subprocess.Popen([sys.executable, "-c", script, tests, str(folder / "sh.log")],
                               stdout=subprocess.PIPE)
    try:
        child = int(program.stdout.readline())
        pidfd = os.pidfd_open(child)
    finally:
        program.kill()
        program.wait()
        program.stdout.close()
    try:
        import select
        assert select.select([pidfd], [], [], 10)[0], "the grandchild lives on"
    finally:
        os.close(pidfd)


def test_wait_tcp_gives_up(ports):
    with pytest.raises(ProcessFailed, match="nobody listens"):
        wait_tcp(ports.free(), seconds=0.1)


# ---- XMPP ----------------------------------------------------------------------------


def test_friends_talk_over_prosody(prosody, friend):
    server = prosody()
    alice, bob = friend("alice", server, echo=True), friend("bob", server)
    bob.say(alice.jid, "hello", id="m1")
    assert alice.wait("message", lambda e: e["body"] == "hello")["id"] == "m1"
    assert bob.wait("receipt")["id"] == "m1"
    assert bob.wait("message", lambda e: e["body"] == "hello")["sender"] == f"{alice.jid}/friend"
    assert 'type="result"' in bob.ask(f'<iq type="get" id="p" to="{server.domain}"><ping xmlns="urn:xmpp:ping"/></iq>')


def test_a_prosody_that_lost_its_power_comes_back_on_its_ports(prosody, friend):
    server = prosody()
    bob = friend("bob", server)
    server.kill()
    bob.wait("disconnected")
    server.start()
    friend("alice", server)
