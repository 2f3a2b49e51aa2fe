"""The far end of a DTLS-SRTP handshake: openssl's own client, from a port of one's choice.

    one = pki.leaf("anybody")
    offer = sdp(port, profile="UDP/TLS/RTP/SAVP", more=described(one, setup="active"))
    with hello(folder, one, port, ("127.0.0.1", theirs)) as client:
        client.wait_line("SRTP Extension negotiated")
"""
import contextlib
import subprocess

from .process import Process


def fingerprint(certificate):
    """SHA-256 of it, as RFC 8122 writes it."""
    done = subprocess.run(["openssl", "x509", "-in", certificate.cert, "-noout", "-fingerprint", "-sha256"],
                          capture_output=True, text=True, check=True, timeout=20)
    return done.stdout.strip().split("=")[1]


def described(certificate, setup="active"):
    """The lines of a description that promise it."""
    return f"a=fingerprint:sha-256 {fingerprint(certificate)}\r\na=setup:{setup}\r\n"


@contextlib.contextmanager
def hello(folder, certificate, port, where, name="hello"):
    """A client that shakes hands with `where` from that port of 127.0.0.1, and stays (its input never ends)."""
    client = Process(["openssl", "s_client", "-dtls1_2", "-use_srtp", "SRTP_AES128_CM_SHA1_80",
                      "-cert", certificate.cert, "-key", certificate.key, "-bind", f"127.0.0.1:{port}",
                      "-connect", f"{where[0]}:{where[1]}"], folder / f"{name}.log", stdin=subprocess.PIPE)
    try:
        yield client
    finally:
        client.kill()
