"""The API as programs see it: gRPC over the daemon's socket, and the bare socket itself.

    with Api(daemon) as api:
        call = api.calls.CreateCall(api.v1.call.CreateCallRequest(address="echo"))

The Python classes are made from proto/ once a process, by the protoc that the build uses.
"""
import atexit
import importlib
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import types

import grpc

from .process import SLOW, deadline

PROTO = pathlib.Path(__file__).resolve().parents[2] / "proto"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = b"\0\0\0\4\0\0\0\0\0"
NAMES = ("account", "call", "device", "doctor", "event", "message", "system")


def _generate():
    folder = tempfile.mkdtemp(prefix="commd-proto-")
    atexit.register(shutil.rmtree, folder, True)
    files = [str(path.relative_to(PROTO)) for path in sorted(PROTO.rglob("*.proto"))]
    subprocess.run(["protoc", f"-I{PROTO}", f"--python_out={folder}", f"--grpc_python_out={folder}",
                    "--plugin=protoc-gen-grpc_python=/usr/bin/grpc_python_plugin", *files], check=True)
    sys.path.insert(0, folder)
    v1 = types.SimpleNamespace(**{name: importlib.import_module(f"commd.v1.{name}_pb2") for name in NAMES})
    stubs = types.SimpleNamespace(
        **{name: importlib.import_module(f"commd.v1.{name}_pb2_grpc") for name in NAMES})
    return v1, stubs


V1, _STUBS = _generate()


class Api:
    """One connection of its own, with a stub for each service."""

    v1 = V1

    def __init__(self, daemon, options=()):
        # Channels with equal options would share a connection.
        self.channel = grpc.insecure_channel(
            f"unix:{daemon.socket}", options=[("grpc.use_local_subchannel_pool", 1),
                                              ("grpc.max_receive_message_length", 8 << 20), *options])
        self.accounts = _STUBS.account.AccountServiceStub(self.channel)
        self.calls = _STUBS.call.CallServiceStub(self.channel)
        self.devices = _STUBS.device.DeviceServiceStub(self.channel)
        self.doctor = _STUBS.doctor.DoctorServiceStub(self.channel)
        self.events = _STUBS.event.EventServiceStub(self.channel)
        self.messages = _STUBS.message.MessageServiceStub(self.channel)
        self.system = _STUBS.system.SystemServiceStub(self.channel)

    def status(self, seconds=10):
        return self.system.GetStatus(V1.system.GetStatusRequest(), timeout=seconds * SLOW)

    def watch(self, token="", seconds=60):
        return self.events.Watch(V1.event.WatchRequest(resume_token=token), timeout=seconds * SLOW)

    def close(self):
        self.channel.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def error_info(error):
    """The only ErrorInfo of a grpc.RpcError."""
    from google.rpc import error_details_pb2, status_pb2
    blob = dict(error.trailing_metadata()).get("grpc-status-details-bin")
    assert blob, f"{error.code()} without details: {error.details()}"
    status = status_pb2.Status.FromString(blob)
    assert len(status.details) == 1
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    assert info.domain == "commd"
    return info


# ---- the bare socket ---------------------------------------------------------------


def connect(daemon, words=b""):
    """A client that is no client: a socket, and what it says first."""
    plain = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    plain.connect(str(daemon.socket))  # waits for its turn; with a timeout it would fail at once
    plain.settimeout(20 * SLOW)
    if words:
        plain.sendall(words)
    return plain


def frame(kind, stream, payload=b"", flags=0):
    """An HTTP/2 frame, RFC 9113 section 4.1."""
    return (len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload)


def headers(stream, path, flags=4):
    """HEADERS of a gRPC request: literals without indexing, RFC 7541 section 6.2.2."""
    fields = [(b":method", b"POST"), (b":scheme", b"http"), (b":path", path.encode()), (b":authority", b"x"),
              (b"content-type", b"application/grpc"), (b"te", b"trailers")]
    block = b"".join(b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value for name, value in fields)
    return frame(1, stream, block, flags)


def is_closed(plain, seconds=20):
    """True when the daemon closes it, whatever it says before."""
    plain.settimeout(seconds * SLOW)
    try:
        while plain.recv(65536):
            pass
        return True
    except (ConnectionResetError, BrokenPipeError):
        return True
    except socket.timeout:
        return False


def descriptors(daemon):
    return len(os.listdir(f"/proc/{daemon.process.pid}/fd"))


def resident_kb(daemon):
    text = pathlib.Path(f"/proc/{daemon.process.pid}/status").read_text()
    return int(text.split("VmRSS:")[1].split()[0])


def until(holds, seconds=10):
    """Waits until holds() is true; returns whether it became so."""
    end = deadline(seconds)
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)  # between two looks, not for anything to happen
    return True
