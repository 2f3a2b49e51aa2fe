"""Clients that are slow, silent, dead, too many or no clients at all: they cost nothing."""
# ctest: timeout=400
import os
import signal

import grpc
import pytest

from peers.api import (PREFACE, SETTINGS, Api, connect, descriptors, error_info, frame, headers, is_closed,
                       resident_kb, until)
from peers.process import SLOW

# What gRPC keeps for the next. The allocator of a sanitizer gives little back after a crowd: there it is
# the sanitizer's part to tell a leak, at the end.
SLACK_KB = 32_000 if SLOW == 1 else 1_000_000


@pytest.fixture
def commd(daemon):
    return daemon("commd", settings={"log": {"level": "info"}})


@pytest.fixture
def unharmed(commd):
    """What every test here ends with: the daemon lives, another client never noticed, and nothing is kept."""
    with Api(commd) as other:
        other.status()
        stream = other.watch(seconds=300)
        while not next(stream).HasField("checkpoint"):
            pass
        # Who watches starts the search for sound devices; this is told when that is over.
        other.devices.ListDevices(Api.v1.device.ListDevicesRequest())
        before, memory = descriptors(commd), resident_kb(commd)
        yield other
        assert commd.process.alive()
        other.accounts.DisableAccount(Api.v1.account.DisableAccountRequest(id="local"))
        assert next(m for m in stream if not m.HasField("checkpoint")).event.HasField("account_changed")
        assert until(lambda: descriptors(commd) <= before, 30), \
            f"{descriptors(commd)} descriptors are open, {before} were"
        # Freed memory is given back some seconds after a crowd.
        assert until(lambda: resident_kb(commd) <= memory + SLACK_KB, 25), \
            f"{memory} KB became {resident_kb(commd)}"
        assert other.status().watchers == 1
        stream.cancel()


@pytest.mark.parametrize("junk", [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\0" * 5000, b"\x16\x03\x01\x02\0\x01\0",
                                  b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", os.urandom(3000)])
def test_junk_is_closed_at_once(commd, unharmed, junk):
    for _ in range(20):
        assert is_closed(connect(commd, junk), 5)


# A client that is quiet from the first byte on, after part of the preface, or that leaves.
def test_half_open_clients_are_closed(commd, unharmed):
    silent = [connect(commd) for _ in range(8)] + [connect(commd, PREFACE[:7]) for _ in range(8)]
    for _ in range(50):
        connect(commd).close()
        connect(commd, PREFACE[:12]).close()
        connect(commd, PREFACE).close()
    assert unharmed.status().version
    assert all(is_closed(client, 20) for client in silent)


HTTP2_GARBAGE = {
    "no settings": headers(1, "/commd.v1.EventService/Watch"),
    "random": os.urandom(4000),
    "huge frame": SETTINGS + b"\xff\xff\xff\0\0\0\0\0\1" + b"x" * 70_000,
    "data on no stream": SETTINGS + frame(0, 7, b"x"),
    "even stream": SETTINGS + headers(2, "/commd.v1.EventService/Watch"),
    "bad hpack": SETTINGS + frame(1, 1, b"\xff" * 200, 4),
    "endless continuation": SETTINGS + headers(1, "/x", 0) + frame(9, 1, b"\0\1a\1b" * 3000) * 40,
    "window overflow": SETTINGS + frame(8, 0, b"\x7f\xff\xff\xff") * 4,
    "settings flood": SETTINGS * 20_000,
    "ping flood": SETTINGS + frame(6, 0, b"12345678") * 20_000,
    "reset flood": SETTINGS + b"".join(headers(2 * n + 1, "/commd.v1.EventService/Watch") +
                                       frame(3, 2 * n + 1, b"\0\0\0\x08") for n in range(3000)),
}


@pytest.mark.parametrize("what", HTTP2_GARBAGE)
def test_http2_garbage(commd, unharmed, what):
    for _ in range(5):
        client = connect(commd)
        try:
            client.sendall(PREFACE + HTTP2_GARBAGE[what])
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has been cut off already
        client.close()
        assert unharmed.status().version


def test_an_oversize_message_is_refused(commd, unharmed):
    request = Api.v1.call.CreateCallRequest(address="x" * (4 << 20))
    with Api(commd) as client:
        with pytest.raises(grpc.RpcError) as caught:
            client.calls.CreateCall(request, timeout=20 * SLOW)
        assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        with pytest.raises(grpc.RpcError) as caught:
            client.calls.CreateCall(Api.v1.call.CreateCallRequest(address="x" * 2000), timeout=20 * SLOW)
        assert error_info(caught.value).metadata["field"] == "address"


def test_a_connection_has_64_streams(commd, unharmed):
    with Api(commd) as client:
        watch = client.channel.unary_stream("/grpc.health.v1.Health/Watch")
        streams = [watch(b"", timeout=60 * SLOW) for _ in range(64)]
        assert all(next(stream) == b"\x08\x01" for stream in streams)
        with pytest.raises(grpc.RpcError) as caught:
            client.status(0.5)
        assert caught.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
        assert unharmed.status().version
        streams.pop().cancel()
        assert client.status().version
    # One that does not care about what was agreed.
    rude = connect(commd, PREFACE + SETTINGS)
    try:
        rude.sendall(b"".join(headers(2 * n + 1, "/grpc.health.v1.Health/Watch") for n in range(1000)))
    except (BrokenPipeError, ConnectionResetError):
        pass
    rude.close()


def test_a_slow_client_is_cut_off_and_resumes(daemon):
    """It watches and does not read, while others change a large account until 4 MiB wait for it."""
    commd, v1 = daemon("commd", settings={"log": {"level": "info"}}), Api.v1
    text, path = "x" * 1000, "/" + "x" * 4000  # 16 kB in all
    settings = v1.account.AccountSettings(
        auth_user=text, server=text, outbound_proxy=text, forward_always=text,
        forward_busy=text, forward_no_answer=text, tls_ca_file=path, tls_client_certificate=path)
    with Api(commd) as other, Api(commd, [("grpc.http2.bdp_probe", 0)]) as slow:
        other.accounts.CreateAccount(v1.account.CreateAccountRequest(
            account=v1.account.Account(id="large", address="sip:a@example.test", enabled=False, settings=settings)))
        quick, sleepy = other.watch(), slow.watch()
        next(message for message in quick if message.HasField("checkpoint"))
        start = next(message for message in sleepy if message.HasField("checkpoint"))
        token, expected = start.resume_token, start.checkpoint.sequence
        memory = resident_kb(commd)
        for number in range(600):
            large = v1.account.Account(id="large", settings=v1.account.AccountSettings(display_name=str(number)))
            other.accounts.UpdateAccount(v1.account.UpdateAccountRequest(
                account=large, update_mask={"paths": ["settings.display_name"]}), timeout=20 * SLOW)
            assert next(quick).event.account_changed.settings.display_name == str(number)
        last = other.status().event_sequence
        assert resident_kb(commd) <= memory + 2 * SLACK_KB
        with pytest.raises(grpc.RpcError) as caught:
            while expected < last:
                message = next(sleepy)
                expected += 1
                assert message.event.sequence == expected
                token = message.resume_token
        assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert error_info(caught.value).reason == "SLOW_WATCHER"
        assert expected < last
        for message in slow.watch(token):
            if message.HasField("checkpoint"):
                break
            expected += 1
            assert message.event.sequence == expected
        assert expected == last


def test_killed_clients_are_forgotten(commd, unharmed):
    watches = [commd.watch() for _ in range(10)]
    for watch in watches:
        watch.wait_for(lambda event: "checkpoint" in event)
    assert unharmed.status().watchers == 11
    for watch in watches:
        watch.stop()  # SIGKILL
    assert until(lambda: unharmed.status().watchers == 1)


@pytest.mark.seconds(120)
def test_a_frozen_client_is_noticed(commd, unharmed):
    """Its socket stays open and full of nothing: only keepalive can tell."""
    with commd.watch() as watch:
        watch.wait_for(lambda event: "checkpoint" in event)
        watch._control.signal(signal.SIGSTOP)
        try:
            assert unharmed.status().watchers == 2
            assert until(lambda: unharmed.status().watchers == 1, 45)
        finally:
            watch._control.signal(signal.SIGCONT)


def test_a_burst_of_200_connects(commd, unharmed):
    for _ in range(3):
        crowd = []
        for _ in range(200):
            crowd.append(connect(commd))
        for client in crowd:
            try:
                client.sendall(PREFACE + SETTINGS)
            except (BrokenPipeError, ConnectionResetError):
                pass
        assert unharmed.status().version
        for client in crowd:
            client.close()
    with Api(commd) as late:
        assert until(lambda: _served(late), 20)


def _served(api):
    try:
        return bool(api.status(2).version)
    except grpc.RpcError:
        return False


def test_one_client_too_many_is_told_so(daemon):
    commd = daemon("few", settings={"limits": {"clients": 3}})
    clients = [Api(commd) for _ in range(3)]
    assert all(client.status().version for client in clients)
    before = descriptors(commd)
    with Api(commd) as fourth:
        with pytest.raises(grpc.RpcError) as caught:
            fourth.status()
        assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        info = error_info(caught.value)
        assert (info.reason, info.metadata["value"]) == ("LIMIT_REACHED", "3")
        assert "[limits] clients" in caught.value.details()
        with pytest.raises(grpc.RpcError) as caught:
            next(fourth.watch())
        assert error_info(caught.value).reason == "LIMIT_REACHED"
    failed = commd.run("status")
    assert failed.returncode == 1
    assert "serves 3 clients already" in failed.stderr
    assert all(client.status().version for client in clients)
    # What turned it away stays in the process; the connections do not.
    assert until(lambda: descriptors(commd) <= before + 2, 15)
    clients.pop().close()
    with Api(commd) as next_one:
        assert until(lambda: _served(next_one), 20)
    for client in clients:
        client.close()
