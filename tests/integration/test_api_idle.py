"""gRPC is there while somebody uses it: an idle daemon has none of it, and no client ever notices."""
# ctest: timeout=300
import pathlib
import re
import time

import pytest

from peers.api import PREFACE, SETTINGS, Api, connect, descriptors, frame, is_closed, resident_kb, until
from peers.process import SLOW

# The server's end comes 5 s after the last client, gRPC's own 11 s later.
LINGER, REST = 5, 16
SERVER = "nexting_thread"  # one of a server's threads


@pytest.fixture
def commd(daemon):
    return daemon("commd", settings={"log": {"level": "info"}})


def at_rest(commd, seconds=REST + 20):
    return until(lambda: not commd.grpc_threads(), seconds)


def server_ended(commd):
    return until(lambda: SERVER not in commd.grpc_threads(), LINGER + 20)


def switches(commd):
    """How often its threads went to sleep since they began; not that of a sanitizer, which has the program's name."""
    states = [(task / "status").read_text() for task in pathlib.Path(f"/proc/{commd.process.pid}/task").iterdir()]
    return sum(int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", state, re.M)[1]) for state in states
               if SLOW == 1 or not state.startswith("Name:\tcommd\n"))


def threads(commd):
    return len(list(pathlib.Path(f"/proc/{commd.process.pid}/task").iterdir()))


def answers(client):
    """Everything that a server has: services, reflection, health."""
    assert client.status().version
    reflect = client.channel.stream_stream("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")
    assert b"commd.v1.SystemService" in next(reflect(iter([b"\x3a\x00"]), timeout=20 * SLOW))
    check = client.channel.unary_unary("/grpc.health.v1.Health/Check")
    for service in (b"", b"\x0a\x17commd.v1.AccountService"):
        assert check(service, timeout=20 * SLOW) == b"\x08\x01"
    return True


@pytest.mark.seconds(120)
def test_an_idle_daemon_has_nothing_of_grpc_and_wakes_nobody(commd):
    assert commd.grpc_threads() == []
    with Api(commd) as client:
        assert answers(client)
        assert SERVER in commd.grpc_threads()
    assert commd.ctl("status")["version"]
    assert SERVER in commd.grpc_threads()  # it waits for the next for a while
    assert at_rest(commd), commd.grpc_threads()
    before = switches(commd)
    time.sleep(3)  # idle time is what is measured
    assert switches(commd) - before <= 6
    count, open_files = threads(commd), descriptors(commd)
    with Api(commd) as client:
        assert answers(client)
    assert at_rest(commd)
    assert until(lambda: (threads(commd), descriptors(commd)) == (count, open_files))


@pytest.mark.seconds(120)
def test_clients_at_the_moments_of_an_end_are_served(commd):
    for _ in range(3):
        assert commd.ctl("status")["version"]
        assert server_ended(commd)
        assert commd.ctl("status")["version"]  # gRPC is still there, or just going
    assert commd.ctl("status")["version"]
    assert at_rest(commd)
    assert commd.ctl("status")["version"]


@pytest.mark.seconds(120)
def test_a_watcher_is_not_dropped_when_others_come_and_go(commd):
    with Api(commd) as client:
        stream = client.watch(seconds=100)
        sequence = next(message for message in stream if message.HasField("checkpoint")).checkpoint.sequence
        for enabled in (False, True):
            with Api(commd) as other:
                assert other.status().watchers == 1
            # Longer than a server without clients would live.
            assert not until(lambda: SERVER not in commd.grpc_threads(), (LINGER + 3) / SLOW)
            commd.ctl("account", "enable" if enabled else "disable", "local")
            for message in stream:
                if message.HasField("checkpoint"):
                    continue
                assert message.event.sequence == sequence + 1
                sequence += 1
                if message.event.WhichOneof("body") == "account_changed" and \
                        message.event.account_changed.enabled == enabled:
                    break
        stream.cancel()
    assert server_ended(commd)


@pytest.mark.seconds(120)
def test_half_open_and_silent_clients_keep_nothing(commd):
    """Neither those that never say what they are nor those that stop talking."""
    idlers = [connect(commd) for _ in range(4)] + [connect(commd, PREFACE[:9]) for _ in range(4)]
    assert commd.grpc_threads() == []
    half = connect(commd, PREFACE + SETTINGS)
    half.shutdown(1)
    # What it is told in answer is never read; gRPC helps itself with a thread that polls.
    deaf = connect(commd, PREFACE + SETTINGS)
    try:
        deaf.settimeout(1)
        deaf.sendall(frame(6, 0, b"12345678") * 40_000)
    except OSError:
        pass
    assert is_closed(half)
    for client in [deaf, *idlers]:
        client.close()
    assert until(lambda: "grpc_global_tim" not in commd.grpc_threads(), REST + 20)
    begin = time.monotonic()
    assert commd.ctl("status")["version"]
    assert time.monotonic() - begin < 4 * SLOW  # not behind an end of gRPC that waits


@pytest.mark.seconds(120)
def test_it_ends_in_time_whatever_grpc_does(daemon):
    fresh, serving, ended, resting = (daemon(name) for name in ("fresh", "serving", "ended", "resting"))
    for one in (ended, resting):
        assert one.ctl("status")["version"]
    assert server_ended(ended)
    ended.terminate()
    with Api(serving) as client:
        assert client.status().version
        serving.terminate()
    fresh.terminate()
    assert at_rest(resting)
    resting.terminate()


@pytest.mark.seconds(120)
def test_status_again_and_again_leaves_nothing_behind(commd):
    for _ in range(20):
        assert commd.ctl("status")["version"]
    count, open_files, memory = threads(commd), descriptors(commd), resident_kb(commd)
    for _ in range(300):
        assert commd.run("status").returncode == 0
    assert until(lambda: descriptors(commd) <= open_files)
    assert threads(commd) <= count + 2  # gRPC's pool grows by a thread or two, not by each client
    assert resident_kb(commd) <= memory + 4_000 * SLOW
