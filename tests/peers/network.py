"""A network of the test's own: nothing of the machine's addresses is needed or touched."""
import ctypes
import os
import subprocess

CLONE_NEWNET = 0x40000000


class OwnNetwork:
    """From now on this thread, and what it starts, is in a network namespace with nothing but loopback.

        network = OwnNetwork(); network.add("192.0.2.77"); ...; network.leave()

    Needs to be root. Programs that were started inside must have ended before leave().
    """

    def __init__(self):
        self._before = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        self._libc = ctypes.CDLL(None, use_errno=True)
        if self._libc.unshare(CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "unshare: a network namespace wants root")
        self._ip("link", "set", "lo", "up")

    def add(self, address):
        """Gives the loopback interface an address that is not one of loopback."""
        self._ip("address", "add", f"{address}/32", "dev", "lo")
        return address

    def leave(self):
        if self._libc.setns(self._before, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
        os.close(self._before)

    @staticmethod
    def _ip(*words):
        subprocess.run(["ip", *words], check=True)
