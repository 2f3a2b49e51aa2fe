"""The socket's place and who may come near it; reflection, health; whose calls end with whom."""
# ctest: timeout=300
import concurrent.futures
import os
import socket
import subprocess
import tempfile
import time

import grpc
import pytest

from peers.api import PREFACE, SETTINGS, Api, descriptors, until
from peers.process import SLOW

NOBODY = 65534
ROOT = os.geteuid() == 0


def refusal(daemon, name="late", **options):
    """Starts a daemon that must not start; what it said."""
    late = daemon(name, start=False, **options)
    process = late.spawn()
    assert process.wait_exit(10) not in (0, None)
    text = late.log_path.read_text()
    process.kill()
    late.process = None
    return text


def placed(path):
    """--socket once more: the last one counts."""
    return ["--socket", str(path)]


def test_a_second_daemon_is_kept_away(daemon, folder):
    first = daemon("first")
    text = refusal(daemon, arguments=placed(first.socket))
    assert f"{first.socket}.lock" in text and "stop it, or" in text
    assert str(first.process.pid) in text
    with Api(first) as client:
        assert client.status().version


def test_a_daemon_that_is_refused_leaves_nothing(daemon, folder):
    first = daemon("first")
    place = folder / "elsewhere"
    place.mkdir(mode=0o700)
    text = refusal(daemon, arguments=[*placed(place / "commd.sock"), "--state-dir", str(first.state)])
    assert "another commd uses" in text
    assert not list(place.iterdir())


def test_a_stale_socket_is_replaced(daemon):
    commd = daemon("commd")
    commd.kill()
    assert commd.socket.exists()
    commd.start()
    with Api(commd) as client:
        assert client.status().version


@pytest.mark.parametrize("what", ["symlink", "file", "folder"])
def test_something_else_at_the_path_is_refused(daemon, folder, what):
    place = folder / "place"
    place.mkdir(mode=0o700)
    path, victim = place / "commd.sock", folder / "victim"
    victim.write_text("precious")
    if what == "symlink":
        path.symlink_to(victim)
    elif what == "file":
        path.write_text("precious")
    else:
        path.mkdir()
    text = refusal(daemon, arguments=placed(path))
    assert str(path) in text and "remove it, or choose another --socket" in text
    assert victim.read_text() == "precious" and os.path.lexists(path)


def test_a_foreign_listener_is_not_taken_over(daemon, folder):
    place = folder / "place"
    place.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(place / "commd.sock"))
        other.listen(1)
        text = refusal(daemon, arguments=placed(place / "commd.sock"))
    assert "another program answers" in text


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o777, 0o701])
def test_a_wide_folder_is_refused(daemon, folder, mode):
    place = folder / "place"
    place.mkdir()
    place.chmod(mode)
    text = refusal(daemon, arguments=placed(place / "commd.sock"))
    assert str(place) in text and "chmod" in text
    assert not (place / "commd.sock").exists()


@pytest.mark.skipif(not ROOT, reason="only root can give a folder away")
def test_a_foreign_folder_is_refused(daemon, folder):
    place = folder / "place"
    place.mkdir(mode=0o700)
    os.chown(place, NOBODY, NOBODY)
    text = refusal(daemon, arguments=placed(place / "commd.sock"))
    assert str(place) in text and str(NOBODY) in text


STRANGER = """
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.settimeout(20)
try:
    s.sendall(bytes.fromhex(sys.argv[2]))
    print("said", s.recv(100))
except OSError as e:
    print("closed", e)
"""


@pytest.mark.skipif(not ROOT, reason="needs a second user")
def test_another_user_is_closed_before_a_byte_is_read(daemon):
    """Even where the modes would let it in: the kernel's word about the peer decides."""
    with tempfile.TemporaryDirectory(prefix="commd-door-") as open_to_all:
        path = f"{open_to_all}/commd.sock"
        commd = daemon("commd", arguments=placed(path))
        commd.socket = path
        os.chmod(open_to_all, 0o755)
        os.chmod(path, 0o666)
        with Api(commd) as mine:
            assert mine.status().version
            before = descriptors(commd)
            for _ in range(5):
                done = subprocess.run(
                    ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "/usr/bin/python3",
                     "-c", STRANGER, path, (PREFACE + SETTINGS).hex()], capture_output=True, text=True,
                    timeout=60 * SLOW, cwd="/")
                assert done.stdout.startswith("closed") or "said b''" in done.stdout, done.stdout + done.stderr
            assert until(lambda: descriptors(commd) <= before)
            assert mine.status().version
        commd.terminate()


def test_reflection_and_health_answer(daemon):
    with Api(daemon("commd")) as client:
        reflect = client.channel.stream_stream(
            "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")
        names = next(reflect(iter([b"\x3a\x00"]), timeout=20 * SLOW))  # list_services
        for service in ("Account", "Call", "Device", "Event", "System"):
            assert f"commd.v1.{service}Service".encode() in names
        symbol = b"commd.v1.CallService"
        file = next(reflect(iter([b"\x22" + bytes([len(symbol)]) + symbol]), timeout=20 * SLOW))
        assert b"CreateCallRequest" in file
        check = client.channel.unary_unary("/grpc.health.v1.Health/Check")
        for service in (b"", b"\x0a\x17commd.v1.AccountService"):
            assert check(service, timeout=20 * SLOW) == b"\x08\x01"  # SERVING
        with pytest.raises(grpc.RpcError) as caught:
            client.channel.unary_unary("/commd.v1.CallService/Nonsense")(b"", timeout=20 * SLOW)
        assert caught.value.code() == grpc.StatusCode.UNIMPLEMENTED


# ---- request_id ------------------------------------------------------------------


def test_one_request_id_makes_one_call(daemon):
    commd = daemon("commd")
    request = Api.v1.call.CreateCallRequest(address="echo", capture="none", playback="none", request_id="once")
    with Api(commd) as client, concurrent.futures.ThreadPoolExecutor(10) as pool:
        ids = {call.id for call in pool.map(lambda _: client.calls.CreateCall(request), range(40))}
    with Api(commd) as again:  # a client that lost its connection asks once more
        ids.add(again.calls.CreateCall(request).id)
        assert len(ids) == 1
        assert len(again.calls.ListCalls(Api.v1.call.ListCallsRequest()).calls) == 1
        # The call that was made is named even when it is over.
        again.calls.HangUpCall(Api.v1.call.HangUpCallRequest(id=ids.pop()))
        assert again.calls.CreateCall(request).state == Api.v1.call.Call.STATE_ENDED
        assert again.calls.CreateCall(Api.v1.call.CreateCallRequest(address="echo")).state \
            != Api.v1.call.Call.STATE_ENDED


# ---- whose call it is ------------------------------------------------------------


def live(client):
    return {call.id: call for call in client.calls.ListCalls(Api.v1.call.ListCallsRequest()).calls}


@pytest.mark.parametrize("detached", [False, True])
def test_a_call_ends_with_its_client_unless_detached(daemon, detached):
    commd = daemon("commd")
    words = ["call", "echo", "--capture", "none", "--playback", "none", *(["--detach"] if detached else [])]
    phone = commd.start_ctl(*words)
    with Api(commd) as client:
        assert until(lambda: any(c.state == Api.v1.call.Call.STATE_ACTIVE for c in live(client).values()))
        call = next(iter(live(client)))
        begin = time.monotonic()
        phone.kill()  # SIGKILL
        if detached:
            assert not until(lambda: call not in live(client), 12 / SLOW)
            return
        assert until(lambda: call not in live(client), 10)
        assert time.monotonic() - begin <= 10 * SLOW
        ended = client.calls.GetCall(Api.v1.call.GetCallRequest(id=call))
        assert ended.end_reason == Api.v1.call.Call.END_REASON_CLIENT_GONE
        assert ended.ended_by == Api.v1.call.Call.ENDED_BY_DAEMON


def test_an_owned_call_lives_while_one_of_two_owners_does(daemon):
    commd = daemon("commd")
    v1 = Api.v1.call
    with Api(commd) as observer:
        first, second = Api(commd), Api(commd)
        call = first.calls.CreateCall(
            v1.CreateCallRequest(address="echo", capture="none", playback="none", owned=True)).id
        streams = [client.calls.AttachCall(v1.AttachCallRequest(id=call)) for client in (first, second)]
        assert all(next(stream).stats.call == call for stream in streams)
        first.close()
        assert not until(lambda: call not in live(observer), 8 / SLOW)
        assert next(streams[1]).stats.call == call
        second.close()
        assert until(lambda: call not in live(observer), 10)
        # One that is never attached ends by itself.
        lonely = observer.calls.CreateCall(
            v1.CreateCallRequest(address="echo", capture="none", playback="none", owned=True)).id
        assert until(lambda: lonely not in live(observer), 14)
