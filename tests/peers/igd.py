"""A router that maps ports for who asks by UPnP: miniupnpd, in the router of a network of the laboratory.

    network = lab.network("port_restricted", maps_ports=True)
    igd = Igd(folder, network)
    igd.mappings()                         # {("udp", 20000, "10.1.0.2", 20000)}: what it lets in now
    igd.wait(lambda mappings: not mappings)

Its chains are those of the router's namespace, and go with it.
"""
import os
import pathlib
import re
import select
import signal
import time

from .process import Process, deadline

CONFIG = """
ext_ifname=wan
listening_ip=lan
ipv6_disable=yes
enable_natpmp=no
secure_mode=yes
system_uptime=yes
notify_interval=900
lease_file={folder}/leases
upnp_table_name=igd
upnp_nat_table_name=igd
uuid=5f8b5fd8-2f5a-4b0e-9c1b-6d5a0c1e7a11
{more}
allow 1024-65535 {lan} 1024-65535
deny 0-65535 0.0.0.0/0 0-65535
"""
CHAINS = """
table inet igd {
  chain forward {
    type filter hook forward priority 0;
    jump miniupnpd
  }
  chain prerouting {
    type nat hook prerouting priority -100;
    jump prerouting_miniupnpd
  }
  chain postrouting {
    type nat hook postrouting priority 99;
    jump postrouting_miniupnpd
  }
  chain miniupnpd {
  }
  chain prerouting_miniupnpd {
  }
  chain postrouting_miniupnpd {
  }
}
"""
ACTION = re.compile(r"SOAPAction: \S+#(\w+)")
RULE = re.compile(r"@nh,72,8 0x(11|6) th dport (\d+) dnat ip to ([\d.]+):(\d+)")


class Igd:
    """Starts at once; ready when the constructor returns. more: lines of its configuration."""

    def __init__(self, folder, network, *, name="igd", more=""):
        self.network, self.folder = network, pathlib.Path(folder) / name
        self.folder.mkdir(mode=0o700)
        config = self.folder / "miniupnpd.conf"
        config.write_text(CONFIG.format(folder=self.folder, lan=network.lan, more=more))
        network.router.nft(CHAINS)
        with network.router.inside():
            # -d: it stays in front, and says what it does.
            self.process = Process(["miniupnpd", "-d", "-f", config, "-P", self.folder / "pid"],
                                   pathlib.Path(folder) / f"{name}.log")
        try:
            self.port = int(self.process.wait_line(r"HTTP listening on port (\d+)", 10)[1])
        except BaseException:
            self.process.kill()
            raise

    def mappings(self):
        """{(protocol, port outside, address inside, port inside)}"""
        rules = self.network.router.run("nft", "list", "chain", "inet", "igd", "prerouting_miniupnpd")
        return {({"11": "udp", "6": "tcp"}[protocol], int(outside), ip, int(inside))
                for protocol, outside, ip, inside in RULE.findall(rules)}

    def wait(self, condition, seconds=10):
        """Until condition(mappings()); returns them."""
        until = deadline(seconds)
        while not condition(found := self.mappings()):
            if time.monotonic() > until:
                self.process.fail(f"it maps {sorted(found)} after {seconds} s")
            select.select([], [], [], 0.05)
        return found

    def requests(self):
        """The names of what it was asked for, in order."""
        lines = self.process.lines.all()
        return [match.group(1) for match in (ACTION.search(line) for line in lines) if match]


    def pause(self):
        """It says nothing any more; its socket still takes what comes."""
        os.kill(self.process.pid, signal.SIGSTOP)

    def stop(self):
        self.process.kill()
