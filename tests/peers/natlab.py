"""A small internet in network namespaces: servers in public, and networks of several kinds that lead there.

    lab = NatLab(folder, trust=pki.ca.cert)
    with lab.public.inside():
        server = kamailio(hosts=(SERVER,), ...)
    home, office = lab.network("port_restricted"), lab.network("symmetric")
    alice, bob = home.client("alice"), office.client("bob")
    with alice.inside():
        phone = daemon("alice")
    alice.move(office)                     # another network, another address, in the middle of a call

Each network has a router with one public address, and clients behind it:

    open             public addresses, nothing is filtered
    port_restricted  NAT that keeps a port's mapping and lets in only who has been sent to
    symmetric        NAT with a new mapping for each destination
    udp_blocked      as port_restricted, but UDP goes nowhere (names can be asked for)
    web_only         the same, and of TCP only ports 80 and 443 are let out
    isolated         port_restricted; its clients do not reach each other, as on guarded wireless networks
    ipv6_only        IPv6 without NAT, which lets in only who has been sent to; no IPv4 at all
    dual             both: port_restricted, and what ipv6_only has

With maps_ports=True a router with NAT also lets in what it was asked for (by igd.Igd): its public address
is one that such programs take for public, which the documentation's own are not.

No router takes unsolicited packets, nor returns to the inside what clients send to its public address.
The public side is at SERVER and SERVER2 (kinds of NAT are told apart by two addresses), and at SERVER_IPV6.
"""
import contextlib
import ipaddress
import itertools

from .dns import DnsServer
from .lossy import Lossy
from .namespace import Namespace

SERVER, SERVER2, SERVER_IPV6 = "203.0.113.1", "203.0.113.2", "2001:db8::1"
KINDS = ("open", "port_restricted", "symmetric", "udp_blocked", "web_only", "isolated", "ipv6_only", "dual")
NATS = tuple(kind for kind in KINDS if kind not in ("open", "ipv6_only"))
STATEFUL = tuple(kind for kind in KINDS if kind != "open")

FILTER = """
table inet guard {{
  chain input {{
    type filter hook input priority 0;
    iifname "wan" ct state new drop
    ip daddr {public} drop
  }}
  chain forward {{
    type filter hook forward priority 0;
{inward}    iifname "wan" ct state new drop
    ct state established,related accept
{outward}
  }}
}}
"""
NAT = """
table ip nat {{
  chain post {{
    type nat hook postrouting priority 100;
    oifname "wan" masquerade {how}
  }}
}}
"""
# Before everything else, so that what has been going on ends too.
BLOCK = """
table inet block {{
  chain forward {{
    type filter hook forward priority -10;
{rules}
  }}
}}
"""
ASK_NAMES = f"    ip daddr {SERVER} udp dport 53 accept\n    meta l4proto udp drop\n"
OUTWARD = {"udp_blocked": ASK_NAMES,
           "web_only": ASK_NAMES + '    oifname "wan" tcp dport != { 80, 443 } drop\n'}


def path(one, other, same_network=False):
    """How UDP gets from a client in one kind of network to one in another: "direct" or "relayed".

    For udp_blocked and web_only it is relayed over TCP; ICE-TCP towards "open" would be a direct way.
    """
    kinds = {one, other}
    if "dual" in kinds and kinds & {"ipv6_only", "dual"} == kinds:
        return "direct"
    kinds = {"port_restricted" if kind == "dual" else kind for kind in kinds}
    if same_network:
        return "relayed" if one == "isolated" else "direct"
    if kinds & {"udp_blocked", "web_only"} or ("ipv6_only" in kinds and len(kinds) > 1):
        return "relayed"
    # Who lets in only ports it has sent to never hears a mapping that nobody knows beforehand.
    return "relayed" if "symmetric" in kinds and "open" not in kinds else "direct"


class Client:
    """A machine in a network; `host` is its present address there."""

    def __init__(self, lab, name, network):
        self._links, self._numbers, self._ipv6 = {}, itertools.count(1), network.ipv6
        self.namespace = Namespace(lab.folder, name, trust=lab.trust, ipv6=network.ipv6 or network.dual,
                                   nameserver=SERVER_IPV6 if network.ipv6 else SERVER)
        self.inside, self.run, self.udp = self.namespace.inside, self.namespace.run, self.namespace.udp
        self.pid = self.namespace.pid
        try:
            self.join(network)
        except BaseException:
            self.close()
            raise

    @property
    def host(self):
        return self._links["eth0"][1]

    @property
    def network(self):
        return self._links["eth0"][0]

    def join(self, network, device="eth0"):
        """Plugs a device into that network: an address, and a default route unless there is one."""
        if network.ipv6 != self._ipv6 or (network.dual and self.namespace.ipv6 is False):
            raise ValueError("a client has either IPv4 or IPv6")
        host = network.plug(self.namespace, device)
        self._links[device] = network, host
        self._address("add", device)
        metric = 100 + next(self._numbers)
        self.namespace.ip(f"link set {device} up",
                          f"route append default via {network.gateway} dev {device} metric {metric}")
        if network.dual:
            self.namespace.ip(f"address add {network.host_ipv6(host)}/64 dev {device} nodad",
                              f"route append default via {network.gateway_ipv6} dev {device} metric {metric}")
        return host

    def leave(self, device="eth0"):
        """Pulls the device out."""
        self.namespace.ip(f"link del {device}")
        del self._links[device]

    def move(self, network):
        """From one network to another, as a telephone that loses sight of its wireless network."""
        self.leave()
        return self.join(network)

    def renumber(self):
        """Another address in the same network, and the old one gone."""
        network, _ = self._links["eth0"]
        self._address("del", "eth0")
        self._links["eth0"] = network, network.next_host()
        self._address("add", "eth0")
        # The kernel took the route away with the address.
        self.namespace.ip(f"route replace default via {network.gateway} dev eth0 metric {100 + next(self._numbers)}")
        return self.host

    def drop(self):
        """Out of sight of its network: the address is gone, and the way with it."""
        self._address("del", "eth0")

    def regain(self):
        """Back there, with the address it had."""
        self._address("add", "eth0")
        self.namespace.ip(f"route replace default via {self.network.gateway} dev eth0 metric {100 + next(self._numbers)}")

    def _address(self, verb, device):
        network, host = self._links[device]
        self.namespace.ip(f"address {verb} {host}/{network.lan.prefixlen} dev {device}"
                          + (" nodad" if network.ipv6 and verb == "add" else ""))

    def close(self):
        self.namespace.close()


class Network:
    """A router at `public`, and behind it a bridge that clients are plugged into. `link` may be a Lossy."""

    def __init__(self, lab, kind, number, seed=None, maps_ports=False):
        self.kind, self.number, self.ipv6, self.maps_ports = kind, number, kind == "ipv6_only", maps_ports
        self.dual = kind == "dual"
        self.public = f"203.0.{114 if maps_ports else 113}.{10 + number}"
        self._lan_ipv6 = f"2001:db8:{number:x}::/64"
        self.gateway_ipv6 = f"2001:db8:{number:x}::1"
        self.lan = ipaddress.ip_network(
            self._lan_ipv6 if self.ipv6 else
            f"198.51.100.{8 * number}/29" if kind == "open" else f"10.{number}.0.0/24")
        self._hosts, self._ports, self._lab = iter(self.lan.hosts()), itertools.count(1), lab
        self.gateway = str(next(self._hosts))
        self.router = Namespace(lab.folder, f"router{number}", ipv6=self.ipv6 or self.dual, router=True)
        self.link = None
        try:
            self._connect(lab.public, seed)
            self._guard()
        except BaseException:
            self.close()
            raise

    def _connect(self, public, seed):
        device = f"wan{self.number}"
        if seed is None:
            public.ip(f"link add {device} type veth peer name wan netns {self.router.pid}")
        else:
            self.link = Lossy(self._lab.folder, f"network{self.number}", seed, inside=self.router, outside=public,
                              devices=("wan", device))
        public.ip(f"link set {device} up")
        self.router.ip("link add lan type bridge", "link set lan up", "link set wan up",
                       f"address add {self.gateway}/{self.lan.prefixlen} dev lan" + (" nodad" if self.ipv6 else ""))
        if self.ipv6 or self.dual:
            mine, theirs = (f"2001:db8:ffff:{self.number:x}::{end}" for end in (2, 1))
            public.ip(f"address add {theirs}/64 dev {device} nodad",
                      f"route add {self._lan_ipv6} via {mine} dev {device} src {SERVER_IPV6}")
            self.router.ip(f"address add {mine}/64 dev wan nodad", f"route add default via {theirs} dev wan")
        if self.dual:
            self.router.ip(f"address add {self.gateway_ipv6}/64 dev lan nodad")
        if not self.ipv6:
            public.ip(f"route add {self.public}/32 dev {device} src {SERVER}")
            self.router.ip(f"address add {self.public}/32 dev wan", f"route add {SERVER}/32 dev wan",
                           f"route add default via {SERVER} dev wan")
            if self.kind == "open":
                public.ip(f"route add {self.lan} via {self.public} dev {device} onlink src {SERVER}")

    def _guard(self):
        if self.kind in STATEFUL:
            inward = "    ct status dnat accept\n" if self.maps_ports else ""
            self.router.nft(FILTER.format(public=self.public, inward=inward, outward=OUTWARD.get(self.kind, "")))
        if self.kind in NATS:
            self.router.nft(NAT.format(how="fully-random" if self.kind == "symmetric" else ""))

    def next_host(self):
        return str(next(self._hosts))

    def host_ipv6(self, host):
        """The other address of a client of such a network that has both."""
        return f"{self._lan_ipv6[:-3]}{host.rsplit('.', 1)[1]}"

    def plug(self, namespace, device):
        """A cable between the bridge and a device in there; the address for it."""
        port = f"port{next(self._ports)}"
        self.router.ip(f"link add {port} type veth peer name {device} netns {namespace.pid}",
                       f"link set {port} master lan", f"link set {port} up")
        if self.kind == "isolated":
            self.router.ip(f"link set {port} type bridge_slave isolated on")
        return self.next_host()

    def block(self, *rules):
        """Drops what matches one of these rules of nft, for example "meta l4proto udp"; replaces earlier ones."""
        self.router.nft("table inet block\ndelete table inet block\n" + BLOCK.format(
            rules="\n".join(f"    {rule} drop" for rule in rules)))

    def unblock(self):
        self.block()

    def client(self, name):
        """A new machine in this network."""
        return self._lab.keep(Client(self._lab, name, self))

    def close(self):
        if self.link:
            self.link.close()
        self.router.close()


class NatLab:
    """`public` is there when the constructor returns, with `dns` in it; close() takes all of it away.

    trust: the file of an authority that programs in the clients trust. dns is a DnsServer that everybody
    asks; it knows nothing until told.
    """

    def __init__(self, folder, *, trust=None):
        self.folder, self.trust = folder, trust
        self._stack, self._numbers = contextlib.ExitStack(), itertools.count(1)
        try:
            self.public = self.keep(Namespace(folder, "public", nameserver=SERVER, trust=trust, ipv6=True, router=True))
            # What has no way vanishes without a word, as it does out there.
            self.public.ip("link add net0 type bridge", "link set net0 arp off", "link set net0 up",
                           *(f"address add {one}/32 dev net0" for one in (SERVER, SERVER2)),
                           f"address add {SERVER_IPV6}/128 dev net0 nodad",
                           f"route add default dev net0 src {SERVER}", f"route add default dev net0 src {SERVER_IPV6}")
            with self.public.inside():
                self.dns = self.keep(DnsServer("::", 53))
        except BaseException:
            self.close()
            raise

    def keep(self, part):
        self._stack.callback(part.close)
        return part

    def network(self, kind, seed=None, maps_ports=False):
        """A new network of one of KINDS; with a seed its `link` to the public is a Lossy, as yet without loss."""
        if kind not in KINDS or (maps_ports and kind not in NATS):
            raise ValueError(f"no such kind of network: {kind}")
        return self.keep(Network(self, kind, next(self._numbers), seed, maps_ports))

    def close(self):
        self._stack.close()
