"""Files from servers that lie, and from those that are cut: `commctl file get URL`."""
# ctest: timeout=240
import hashlib
import json
import threading
import time

import pytest

from peers.process import deadline
from peers.web import Web, ranged, raw, redirect


@pytest.fixture
def web(cleanup):
    def make(pages, **options):
        server = Web(pages, **options)
        cleanup.callback(server.stop)
        return server
    return make


def content(size):
    return hashlib.shake_256(b"web").digest(size)


def get(commd, url, *words, status=0, seconds=60):
    run = commd.run("file", "get", url, *words, seconds=seconds)
    assert run.returncode == status, run.stdout + run.stderr
    return json.loads(run.stdout.strip().splitlines()[-1])


def has_come(event):
    """Something of a file is here."""
    body = event.get("event", {})
    return any(body.get(kind, {}).get("transferred", "0") != "0" for kind in ("file_changed", "file_progress"))


def ok(body, more=""):
    return raw(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body)


def test_hostile_names_stay_in_the_folder(daemon, web, folder):
    one = daemon("one")
    into = folder / "in"
    into.mkdir()
    server = web({"/a": ok(b"1", 'Content-Disposition: attachment; filename="../../evil.sh"\r\n'),
                  "/b": ok(b"2", "Content-Disposition: attachment; filename*=UTF-8''%2e%2e%2f.bashrc\r\n"),
                  "/x/..%2f..%2fetc%2fpasswd": ok(b"3"), "/": ok(b"4"),
                  "/c": ok(b"5", 'Content-Disposition: attachment; filename="a\u202egnp.exe"\r\n'.replace("\u202e", "\\x1b"))})
    for path, name in (("/a", "evil.sh"), ("/b", "bashrc"), ("/x/..%2f..%2fetc%2fpasswd", "passwd"), ("/", "file")):
        assert get(one, server.url(path), "--to", str(into))["path"] == str(into / name)
    assert {each.name for each in folder.iterdir() if each.name.startswith(("evil", "passwd"))} == set()
    # A name of the person's own is taken as it is, and never over what is there.
    assert get(one, server.url("/a"), "--to", str(into / "mine.txt"))["path"] == str(into / "mine.txt")
    assert get(one, server.url("/a"), "--to", str(into / "mine.txt"))["path"] == str(into / "mine (2).txt")


def test_redirects_are_bounded(daemon, web, folder):
    one = daemon("one")
    server = web({"/loop": redirect("/loop"), "/away": redirect("file:///etc/passwd"),
                  "/inject": redirect("/a%0d%0aX:y"), "/good": redirect("sub/x"), "/sub/x": ok(b"there"),
                  "/bad": raw(b"HTTP/1.1 302 Found\r\nLocation: /a b\r\nContent-Length: 0\r\n\r\n")})
    assert get(one, server.url("/loop"), status=1)["fail_reason"] == "HTTP_REDIRECTS"
    assert len([path for path, _ in server.requests if path == "/loop"]) == 6
    assert get(one, server.url("/away"), status=1)["fail_reason"] == "URL_INVALID"
    assert get(one, server.url("/bad"), status=1)["fail_reason"] == "URL_INVALID"
    assert get(one, server.url("/inject"), status=1)["fail_reason"] == "HTTP_NOT_FOUND"
    assert get(one, server.url("/good"), "--to", f"{folder}/")["state"] == "STATE_DONE"
    assert all("X" not in headers for _, headers in server.requests)


def test_a_bad_certificate_is_refused(daemon, web, pki):
    one = daemon("one", env={"SSL_CERT_FILE": str(pki.ca.cert)})
    for certificate, reason in ((pki.leaf("127.0.0.1", ["DNS:other.test"]), "TLS_WRONG_NAME"),
                                (pki.leaf("127.0.0.1", ["IP:127.0.0.1"], start=-20, days=10), "TLS_EXPIRED"),
                                (pki.self_signed("127.0.0.1"), "TLS_SELF_SIGNED")):
        server = web({"/a": ok(b"x")}, tls=certificate)
        state = get(one, server.url("/a"), status=1)
        assert state["fail_reason"] == reason and not server.requests
    good = web({"/a": ok(b"x"), "/down": redirect("http://127.0.0.1:1/")}, tls=pki.leaf("127.0.0.1", ["IP:127.0.0.1"]))
    assert get(one, good.url("/a"))["state"] == "STATE_DONE"
    assert get(one, good.url("/down"), status=1)["fail_reason"] == "URL_NOT_ALLOWED"
    # In clear, only what is on this machine.
    for away in ("http://192.0.2.1/a", "http://127.example.org/a", "http://localhost.example.org/a"):
        assert get(one, away, status=1)["fail_reason"] == "URL_NOT_ALLOWED"
    local = web({"/away": redirect("http://192.0.2.1/")})
    assert get(one, local.url("/away"), status=1)["fail_reason"] == "URL_NOT_ALLOWED"


def test_lies_about_the_length(daemon, web, folder):
    one = daemon("one")
    into = folder / "in"
    into.mkdir()
    server = web({"/huge": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9000000000000\r\n\r\nx"),
                  "/endless": lambda r: [r.wfile.write(b"x" * 65536) for _ in [r.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")] for _ in range(200)],
                  "/two": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
                  "/none": raw(b"SSH-2.0-OpenSSH_9\r\n"), "/gone": None})
    assert get(one, server.url("/huge"), status=1)["fail_reason"] == "HTTP_TOO_LARGE"
    assert get(one, server.url("/endless"), "--to", f"{into}/", "--max-size", "1M",
               status=1)["fail_reason"] == "HTTP_TOO_LARGE"
    assert get(one, server.url("/gone"), status=1)["fail_reason"] == "HTTP_NOT_FOUND"
    assert sum(each.stat().st_size for each in into.iterdir()) <= 1_000_000


def test_a_cut_download_goes_on_by_itself(daemon, web, folder):
    one, whole = daemon("one"), content(3_000_000)
    server = web({"/a": ranged(whole, first=1_000_000)})
    state = get(one, server.url("/a"), "--to", str(folder / "a"))
    assert (folder / "a").read_bytes() == whole
    assert state["sha256"] == hashlib.sha256(whole).hexdigest()
    second = server.requests[1][1]
    assert int(second["Range"][6:-1]) > 0 and second["If-Range"] == '"one"'


def test_what_has_changed_begins_anew(daemon, web, folder):
    one = daemon("one")
    first, second = content(2_000_000), content(2_500_000)[::-1]
    pages = [ranged(first, first=1_000_000, etag='"one"'), ranged(second, etag='"two"')]
    server = web({"/a": lambda request: pages[min(len(server.requests) - 1, 1)](request)})
    get(one, server.url("/a"), "--to", str(folder / "a"))
    assert (folder / "a").read_bytes() == second


@pytest.mark.seconds(90)
def test_a_server_that_begins_anew_for_ever_is_given_up(daemon, web, folder):
    one = daemon("one")

    def page(request):
        if request.headers.get("Range"):
            request.wfile.write(b"HTTP/1.1 416 No\r\nContent-Length: 0\r\n\r\n")
        else:
            request.wfile.write(b'HTTP/1.1 200 OK\r\nETag: "one"\r\nContent-Length: 100000\r\n\r\n0123456789')

    server = web({"/a": page})
    state = get(one, server.url("/a"), "--to", str(folder / "a"), status=1, seconds=60)
    assert state["state"] in ("STATE_FAILED", "STATE_PAUSED") and len(server.requests) <= 10


def test_a_killed_daemon_goes_on_where_it_was(daemon, web, folder):
    one, whole, gate = daemon("one"), content(6_000_000), threading.Event()
    server = web({"/a": ranged(whole, first=3_000_000, gate=gate)})
    with one.watch() as watch:
        transfer = one.ctl("file", "get", server.url("/a"), "--to", str(folder / "a"), "--detach")["id"]
        watch.wait_for(has_come, 20)
        one.kill()
    gate.set()
    one.start()
    state = one.ctl("file", "show", transfer)
    assert (state["state"], state["fail_reason"]) == ("STATE_PAUSED", "DAEMON_RESTARTED")
    assert not (folder / "a").exists()
    run = one.run("file", "resume", transfer, seconds=30)
    assert run.returncode == 0, run.stderr
    assert (folder / "a").read_bytes() == whole
    assert int(server.requests[1][1]["Range"][6:-1]) > 0
    assert [each.name for each in folder.iterdir() if each.name.endswith(".part")] == []


def test_a_cancelled_one_leaves_nothing(daemon, web, folder):
    one, gate = daemon("one"), threading.Event()
    into = folder / "in"
    into.mkdir()
    server = web({"/a": ranged(content(6_000_000), first=3_000_000, gate=gate)})
    with one.watch() as watch:
        transfer = one.ctl("file", "get", server.url("/a"), "--to", f"{into}/", "--detach")["id"]
        watch.wait_for(has_come, 20)
        assert one.ctl("file", "cancel", transfer)["state"] == "STATE_CANCELLED"
        assert one.run("file", "resume", transfer).returncode == 1
    gate.set()
    until = deadline(10)
    while list(into.iterdir()) and time.monotonic() < until:
        threading.Event().wait(0.02)  # the disk is asked elsewhere
    assert list(into.iterdir()) == []
