"""A network namespace of its own, with its own names and trusted authorities.

    here = Namespace(folder, "alice", nameserver="203.0.113.1")
    with here.inside():                    # this thread, and what it starts, is in it
        alice = Daemon(folder, "alice")
    here.ip("link set eth0 down")

It is nameless, and held by a process: when that ends, which it does with the test also when the test is
killed, and the programs inside have ended, the kernel takes the namespace away with its interfaces and
rules. `nsenter --net --mount -t PID` is the way in while it lives. Needs to be root.
"""
import contextlib
import ctypes
import os
import pathlib
import socket
import subprocess

from .process import SLOW, Process

CLONE_FS, CLONE_NEWNS, CLONE_NEWNET = 0x200, 0x20000, 0x40000000
BUNDLE = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")

# Runs in the new namespace and stays: a private view of a few files, and a network without surprises.
HOLD = """
set -e
while [ "$1" != -- ]; do mount --bind "$1" "$2"; shift 2; done
shift
for set in "$@"; do echo "${set#*=}" >"/proc/sys/net/${set%%=*}"; done
ip link set lo up
echo ready
exec sleep infinity
"""
# Addresses are there at once, and nobody but the laboratory gives any.
SETTINGS = ("ipv4/conf/all/rp_filter=0", "ipv4/conf/default/rp_filter=0", "ipv6/conf/all/accept_dad=0",
            "ipv6/conf/default/accept_dad=0", "ipv6/conf/all/accept_ra=0", "ipv6/conf/default/accept_ra=0")
WITHOUT_IPV6 = ("ipv6/conf/all/disable_ipv6=1", "ipv6/conf/default/disable_ipv6=1")
ROUTER = ("ipv4/ip_forward=1", "ipv6/conf/all/forwarding=1")


def _call(function, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, function)(*arguments):
        raise OSError(ctypes.get_errno(), f"{function}: {os.strerror(ctypes.get_errno())}")


class Namespace:
    """There when the constructor returns, with nothing but loopback.

    nameserver: the address that programs in it ask for names; trust: the file of an authority that they
    trust beside the usual ones; ipv6: whether it has any; router: whether it forwards.
    """

    def __init__(self, folder, name, *, nameserver=None, trust=None, ipv6=False, router=False):
        self.name, self.ipv6 = name, ipv6
        self._folder = pathlib.Path(folder) / f"net-{name}"
        self._folder.mkdir(mode=0o700)
        mounts = self._resolver(nameserver) + self._bundle(trust)
        settings = [*SETTINGS, *(ROUTER if router else ()), *(() if ipv6 else WITHOUT_IPV6)]
        self._holder = Process(["unshare", "--net", "--mount", "--", "/bin/sh", "-c", HOLD, "hold",
                                *mounts, "--", *settings], self._folder / "hold.log")
        self._descriptors = []
        try:
            self._holder.wait_line("^ready$")
            for kind in ("mnt", "net"):
                self._descriptors.append(os.open(f"/proc/{self.pid}/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC))
        except BaseException:
            self.close()
            raise

    def _resolver(self, nameserver):
        if not nameserver:
            return []
        file = self._folder / "resolv.conf"
        file.write_text(f"nameserver {nameserver}\noptions timeout:2 attempts:3\n")
        hosts = self._folder / "hosts"
        hosts.write_text("127.0.0.1 localhost\n::1 localhost\n")
        return [file, "/etc/resolv.conf", hosts, "/etc/hosts"]

    def _bundle(self, trust):
        if not trust:
            return []
        file = self._folder / "bundle.crt"
        file.write_text(BUNDLE.read_text() + pathlib.Path(trust).read_text())
        return [file, BUNDLE]

    @property
    def pid(self):
        """Of the process that holds it: `ip link set X netns PID` moves a device in."""
        return self._holder.pid

    # ---- use -----------------------------------------------------------------------

    @contextlib.contextmanager
    def inside(self):
        """This thread, and the programs, threads and sockets it makes, are in here until the end of the block."""
        before = [os.open(f"/proc/thread-self/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC) for kind in ("mnt", "net")]
        folder = os.getcwd()
        try:
            self._enter(*self._descriptors)
            os.chdir(folder)
            yield self
        finally:
            self._enter(*before)
            os.chdir(folder)
            for descriptor in before:
                os.close(descriptor)

    @staticmethod
    def _enter(mounts, network):
        # Threads share where they are in the file system, and while they do none can change what it is.
        _call("unshare", CLONE_FS)
        _call("setns", mounts, CLONE_NEWNS)
        _call("setns", network, CLONE_NEWNET)

    def run(self, *words, stdin=None):
        """A program in here to its end, which must be a success; returns what it printed."""
        with self.inside():
            done = subprocess.run([str(word) for word in words], input=stdin, capture_output=True, text=True,
                                  timeout=20 * SLOW)
        if done.returncode:
            raise AssertionError(f"{self.name}: {' '.join(map(str, words))}: exit {done.returncode}\n"
                                 f"{stdin or ''}{done.stdout}{done.stderr}")
        return done.stdout

    def ip(self, *commands):
        """Each is a line for the program `ip`."""
        return self.run("ip", "-batch", "-", stdin="".join(f"{one}\n" for one in commands))

    def nft(self, rules):
        self.run("nft", "-f", "-", stdin=rules)

    def udp(self, host="0.0.0.0", port=0):
        """A UDP socket in here."""
        with self.inside():
            sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
            sock.bind((host, port))
            return sock

    def close(self):
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors = []
        self._holder.kill()

    stop = close
