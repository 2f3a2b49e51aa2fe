"""Fixtures that every folder of tests shares; a conftest.py imports all of them.

`folder` is a private directory with a short path (a unix socket fits in it).
It is removed after the test; when the test failed, its logs are kept in
$COMMD_TEST_LOGS/<file>/<test>/ (build/<preset>/test-logs under ctest).
"""
import contextlib
import os
import pathlib
import shutil
import signal
import tempfile

import pytest

from . import ports as ports_module
from .baresip import Baresip
from .certs import Pki
from .component import Component
from .coturn import Coturn
from .daemon import Daemon
from .dino import Dino
from .dns import DnsServer
from .friend import Friend
from .igd import Igd
from .irc import Biboumi, IrcServer
from .kamailio import Kamailio
from .middle import Middle
from .natlab import NatLab
from .network import OwnNetwork
from .process import SLOW
from .prosody import Prosody
from .pulse import Pulse
from .relay import Relay
from .sipp import Sipp
from .rogue import Rogue
from .stranger import Stranger

TEST_SECONDS = 60
KEPT_BYTES = 5_000_000
USERS = {"alice": "alice-secret", "bob": "bob-secret", "carol": "carol-secret"}


def pytest_configure(config):
    config.addinivalue_line("markers", "seconds(n): the longest this test may take (default 60)")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    setattr(item, "report_" + call.when, outcome.get_result())


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    """Ends a test that hangs where it hangs, so that its peers are still stopped and its logs kept."""
    marker = item.get_closest_marker("seconds")
    seconds = (marker.args[0] if marker else TEST_SECONDS) * SLOW

    def too_late(*_):
        raise TimeoutError(f"the test took longer than {seconds:.0f} s")

    before = signal.signal(signal.SIGALRM, too_late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _shortened(file):
    """What is in the file, without the middle of a very long one."""
    if file.stat().st_size <= KEPT_BYTES:
        return file.read_bytes()
    with open(file, "rb") as source:
        head = source.read(KEPT_BYTES // 2)
        source.seek(-KEPT_BYTES // 2, 2)
        return head + b"\n[...]\n" + source.read()


def _keep_logs(folder, node):
    target = pathlib.Path(os.environ.get("COMMD_TEST_LOGS", tempfile.gettempdir() + "/commd-test-logs"))
    plain = "".join(c if c.isalnum() or c in "-_." else "_" for c in node.name)
    target = target / pathlib.Path(str(node.fspath)).stem / plain
    shutil.rmtree(target, ignore_errors=True)
    for file in sorted(pathlib.Path(folder).rglob("*")):
        if file.is_file():
            place = target / file.relative_to(folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(_shortened(file))
    print(f"logs: {target}")


@pytest.fixture
def folder(request):
    path = pathlib.Path(tempfile.mkdtemp(prefix="commd-", dir="/tmp"))
    try:
        yield path
        reports = [getattr(request.node, f"report_{when}", None) for when in ("setup", "call")]
        if any(report is not None and report.failed for report in reports):
            _keep_logs(path, request.node)
    finally:
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def ports():
    with contextlib.closing(ports_module.Ports()) as registry:
        yield registry


@pytest.fixture(scope="session")
def pki(tmp_path_factory):
    """One authority for the whole file; ask it for more leaves."""
    return Pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def cleanup(folder, ports):
    """Stops what was started, last first, whatever the test did. Depends on folder and ports,
    so that both outlive the peers."""
    with contextlib.ExitStack() as stack:
        yield stack


def _factory(cleanup, make):
    def start(*arguments, **options):
        peer = make(*arguments, **options)
        cleanup.callback(getattr(peer, "stop", None) or peer.close)
        return peer
    return start


@pytest.fixture
def daemon(folder, cleanup):
    """daemon("alice", **options): a running commd (see daemon.Daemon); any number of them."""
    return _factory(cleanup, lambda name="commd", **o: Daemon(folder, name, **o))


@pytest.fixture
def kamailio(folder, ports, pki, cleanup):
    """kamailio(**options): a registrar with the users of USERS, UDP, TCP and TLS."""
    return _factory(cleanup, lambda **o: Kamailio(folder, ports, **{"users": USERS, "pki": pki, **o}))


@pytest.fixture
def baresip(folder, ports, pki, cleanup):
    """baresip("bob", registrar=kamailio, **options)"""
    def make(name, **options):
        options.setdefault("password", USERS.get(name, ""))
        return Baresip(folder, ports, name, **{"pki": pki, **options})
    return _factory(cleanup, make)


@pytest.fixture
def coturn(folder, ports, pki, cleanup):
    """coturn(users=...) or coturn(secret="shared"): a STUN and TURN server; coturn(): one with the users of USERS."""
    who = {"users": USERS}
    return _factory(cleanup, lambda **o: Coturn(folder, ports, **{"pki": pki, **({} if "secret" in o else who), **o}))


@pytest.fixture
def prosody(folder, ports, pki, cleanup):
    """prosody(**options): an XMPP server with the users of USERS."""
    return _factory(cleanup, lambda **o: Prosody(folder, ports, **{"users": USERS, "pki": pki, **o}))


@pytest.fixture
def friend(folder, pki, cleanup):
    """friend("bob", prosody, **options): the other person of a conversation."""
    return _factory(cleanup, lambda user, server, **o: Friend(folder, server, pki, user, **o))


@pytest.fixture
def dino(folder, cleanup):
    """dino("bob", client, prosody): a person at Dino, in a machine of a natlab."""
    return _factory(cleanup, lambda user, client, server: Dino(folder, client, server, user))


@pytest.fixture
def component(folder, cleanup):
    """component(port, "sms.xmpp.test", secret, **options): a service of an XMPP server."""
    return _factory(cleanup, lambda *a, **o: Component(folder, *a, **o))


@pytest.fixture
def irc(folder, ports, cleanup):
    """irc(): an IRC server."""
    return _factory(cleanup, lambda **o: IrcServer(folder, ports, **o))


@pytest.fixture
def biboumi(folder, cleanup):
    """biboumi(port, "irc.xmpp.test", secret): a gateway from XMPP to IRC."""
    return _factory(cleanup, lambda *a, **o: Biboumi(folder, *a, **o))


@pytest.fixture
def sipp(folder, ports, cleanup):
    """sipp("uas_busy", **options)"""
    return _factory(cleanup, lambda scenario, **o: Sipp(folder, ports, scenario, **o))


@pytest.fixture
def relay(ports, cleanup):
    """relay(seed=1)"""
    return _factory(cleanup, lambda **o: Relay(ports, **o))


@pytest.fixture
def middle(ports, cleanup):
    """middle(media=True): a man between two daemons"""
    return _factory(cleanup, lambda **o: Middle(ports, **o))


@pytest.fixture
def dns(cleanup):
    """dns()"""
    return _factory(cleanup, DnsServer)


@pytest.fixture
def stranger(cleanup):
    """stranger(host="127.0.0.2"), stranger(registrar="example.test")"""
    return _factory(cleanup, Stranger)


@pytest.fixture
def rogue(pki, cleanup):
    """rogue("wrong_signature", starttls=False): an XMPP server that does everything right but this"""
    return _factory(cleanup, lambda *a, **o: Rogue(pki, *a, **o))


@pytest.fixture
def pulse(folder, cleanup):
    """pulse(): a sound server of its own"""
    return _factory(cleanup, lambda **o: Pulse(folder, **o))


@pytest.fixture
def own_network():
    """own_network("192.0.2.77"): that address, in a network namespace of the test. Name it first."""
    network = OwnNetwork()
    yield network.add
    network.leave()


@pytest.fixture
def igd(folder, cleanup):
    """igd(network): miniupnpd in the router of a network that maps ports."""
    return _factory(cleanup, lambda network, **o: Igd(folder, network, **o))


@pytest.fixture
def natlab(folder, pki, cleanup):
    """natlab(): an internet of the test's own, with networks of several kinds. Needs to be root."""
    return _factory(cleanup, lambda **o: NatLab(folder, **{"trust": pki.ca.cert, **o}))


@pytest.fixture
def report(capsys, record_property):
    """report("how long it took"): what is measured and not judged, for whoever watches the tests, and in their report."""
    def say(words):
        record_property("measured", words)
        with capsys.disabled():
            print(f"\n  {words}", end="", flush=True)
    return say
