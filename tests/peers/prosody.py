"""An XMPP server: prosody with a generated configuration, in a folder of its own.

    prosody = Prosody(folder, ports, pki=pki, users={"alice": "secret"})
    prosody.starttls, prosody.direct              # ports on 127.0.0.1
    prosody.domain                                # "xmpp.test"

Stream management, offline messages, carbons, archive and blocking are on. kill() and start()
are the power failure; stop() says goodbye to everybody.
"""
import pathlib

from .process import Process, wait_tcp

DOMAIN = "xmpp.test"

CONFIG = """
run_as_root = true
daemonize = false
pidfile = "{folder}/prosody.pid"
plugin_paths = {{ "{folder}/modules" }}
data_path = "{folder}/data"
interfaces = {{ {interfaces} }}
c2s_ports = {{ {starttls} }}
c2s_direct_tls_ports = {{ {direct} }}
s2s_ports = {{}}
http_ports = {{}}
https_ports = {{}}
network_settings = {{ tcp_nodelay = true }}
log = {{ {{ levels = {{ min = "{level}" }}, to = "console" }} }}
modules_enabled = {{ "roster", "saslauth", "tls", "disco", "carbons", "pep", "blocklist", "ping",
  "mam", "smacks", "csi_simple", "offline"{modules} }}
modules_disabled = {{ "s2s" }}
authentication = "{authentication}"
c2s_require_encryption = true
smacks_hibernation_time = {hibernation}
ssl = {{ certificate = "{chain}", key = "{key}"{protocol} }}
c2s_direct_tls_ssl = {{ certificate = "{chain}", key = "{key}"{protocol} }}
{more}
VirtualHost "{domain}"
{rooms}"""

# A service of rooms; with an archive where it keeps one.
ROOMS = """
Component "rooms.{domain}" "muc"
  name = "Rooms"
  restrict_room_creation = false
  muc_room_locking = {locking}
  muc_log_by_default = {archive}
  modules_enabled = {{ {modules}"muc_forget" }}
"""

# Takes an occupant out without a word to anybody, as a service does that has crashed:
# <iq to="rooms.DOMAIN" type="set"><forget xmlns="urn:x-test:forget" room="ROOM" nick="NICK"/></iq>
FORGET = """
local st = require "util.stanza";
local muc = module:depends "muc";
module:hook("iq-set/host/urn:x-test:forget:forget", function (event)
  local asked = event.stanza.tags[1].attr;
  local room = muc.get_room_from_jid(asked.room);
  local nick = asked.room .. "/" .. asked.nick;
  local occupant = room:get_occupant_by_nick(nick);
  for real_jid in occupant:each_session() do room._jid_nick[real_jid] = nil; end
  room._occupants[nick] = nil;
  event.origin.send(st.reply(event.stanza));
  return true;
end);
"""

# A server that touches the keys of calls (Jingle) on their way: for each line "USER strip NAME" or "USER change NAME" of
# the file that the option `middle` names, as it is at that moment, what that user sends loses its elements of that
# name, or has another first character in each.
MIDDLE = """
local path = module:get_option_string("middle");
local function touched(element, what, name)
  element:maptags(function (child)
    if child.name ~= name then return touched(child, what, name); end
    if what == "strip" then return nil; end
    local text = child:get_text();
    child[1] = (text:sub(1, 1) == "0" and "1" or "0") .. text:sub(2);
    return child;
  end);
  return element;
end
module:hook("pre-iq/full", function (event)
  if not event.stanza:get_child("jingle", "urn:xmpp:jingle:1") then return; end
  for line in io.lines(path) do
    local user, what, name = line:match("^(%S+) (%S+) (%S+)$");
    if user == event.origin.username then touched(event.stanza, what, name); end
  end
end, 1000);
"""


def external(server, ttl=3600, host=None):
    """Words of `more` that tell clients (XEP-0215) of a Coturn, by that name, whose passwords hold for `ttl` seconds."""
    ways = [("stun", "udp", server.port)] if "udp" in server.transports else []
    ways += [("turn", one, server.port) for one in ("udp", "tcp") if one in server.transports]
    ways += [("turns", "tcp", server.tls)] if server.tls else []
    if server.secret:
        allowed = f'secret = "{server.secret}"; algorithm = "turn"; ttl = {ttl}'
    else:
        user, password = next(iter(server.users.items()))
        allowed = f'username = "{user}"; password = "{password}"'
    return "\nexternal_services = {\n" + "".join(
        f'  {{ type = "{kind}"; transport = "{transport}"; host = "{host or server.host}"; port = {port}'
        + (f"; {allowed}" if kind != "stun" else "") + " };\n" for kind, transport, port in ways) + "}\n"


class Prosody:
    """Starts at once; ready when the constructor returns.

    users: name -> password. certificate: a certs.Certificate to present instead of one that is
    right for the domain. authentication: "internal_hashed" (SCRAM-SHA-1) or "internal_plain".
    more: lines of prosody's configuration; modules: further ones. tls: "tlsv1_2" for nothing newer.
    rooms: "archive" or "plain" for a service of rooms at rooms.<domain>, with an archive or without; its rooms
    are locked until their owner has said how they are to be, unless locking=False.
    components: domain -> secret of those that may connect to `component_port` (XEP-0114).
    turn: a Coturn that clients are told of (XEP-0215), with passwords that hold for turn_ttl seconds;
    turn_host: its name, where it is not told of by its address.
    hosts: the addresses to listen on; starttls, direct: fixed ports, for a network of one's own.
    """

    def __init__(self, folder, ports, *, users, pki, certificate=None, domain=DOMAIN, name="prosody",
                 authentication="internal_hashed", hibernation=300, more="", tls=None, level="debug", modules=(),
                 rooms=None, locking=True, components=None, turn=None, turn_ttl=3600, turn_host=None,
                 hosts=("127.0.0.1",), starttls=None, direct=None):
        self.hosts, self.host = tuple(hosts), hosts[0]
        self.domain, self.users = domain, dict(users)
        self.folder = pathlib.Path(folder) / name
        (self.folder / "data").mkdir(parents=True, mode=0o700)
        (self.folder / "modules").mkdir()
        (self.folder / "modules" / "mod_muc_forget.lua").write_text(FORGET)
        (self.folder / "modules" / "mod_middle.lua").write_text(MIDDLE)
        self.starttls, self.direct = starttls or ports.free(), direct or ports.free()
        self.component_port = ports.free() if components else None
        if components:
            if "component_interface" not in more:
                more += '\ncomponent_interface = "127.0.0.1"\n'
            more += f'\ncomponent_ports = {{ {self.component_port} }}\n'
            more += "".join(f'Component "{name}"\n  component_secret = "{secret}"\n'
                            for name, secret in components.items())
        if turn:
            modules, more = [*modules, "external_services"], more + external(turn, turn_ttl, turn_host)
        self._log = pathlib.Path(folder) / f"{name}.log"
        self._config = self.folder / "prosody.cfg.lua"
        certificate = certificate or pki.leaf(domain)
        self._config.write_text(CONFIG.format(
            folder=self.folder, interfaces=", ".join(f'"{host}"' for host in self.hosts), starttls=self.starttls, direct=self.direct, level=level,
            authentication=authentication, hibernation=hibernation, more=more, domain=domain,
            chain=certificate.chain, key=certificate.key,
            modules="".join(f', "{module}"' for module in modules),
            rooms="" if rooms is None else ROOMS.format(
                domain=domain, locking=str(locking).lower(), archive=str(rooms == "archive").lower(),
                modules='"muc_mam", ' if rooms == "archive" else ""),
            protocol=f', protocol = "{tls}"' if tls else ""))
        for user, password in self.users.items():
            self.register(user, password)
        self.process = None
        self.start()

    def register(self, user, password):
        """Adds the user, or changes the password."""
        control = Process(["prosodyctl", "--config", self._config, "register", user, self.domain, password],
                          self.folder / "prosodyctl.log")
        try:
            if control.wait_exit(15) != 0:
                control.fail("could not register")
        finally:
            control.kill()

    # ---- life --------------------------------------------------------------------

    def start(self):
        self.process = Process(["prosody", "--config", self._config, "-F"], self._log)
        try:
            for port in (self.starttls, self.direct):
                wait_tcp(port, host=self.host, process=self.process)
        except BaseException:
            self.process.kill()
            raise

    def stop(self):
        self.process.stop()

    def kill(self):
        """At once, like a machine that lost its power."""
        self.process.kill()

    def options(self, pki, way="direct"):
        """Words for `account add` so that the account signs in here."""
        port, transport = {"direct": (self.direct, "tls"), "starttls": (self.starttls, "tcp")}[way]
        return ["--server", f"{self.host}:{port}", "--transport", transport,
                "--set", f"tls_ca_file={pki.ca.cert}"]


def file_share(ports, pki, *, limit=200 << 20, domain=DOMAIN):
    """Words of `more` for a service that keeps files (XEP-0363) at https://127.0.0.1, and its port."""
    port = ports.free()
    certificate = pki.leaf("127.0.0.1", ["IP:127.0.0.1"])
    return f"""
https_ports = {{ {port} }}
https_interfaces = {{ "127.0.0.1" }}
https_ssl = {{ certificate = "{certificate.chain}", key = "{certificate.key}" }}
Component "upload.{domain}" "http_file_share"
  http_external_url = "https://127.0.0.1:{port}/"
  http_host = "127.0.0.1"
  http_file_share_size_limit = {limit}
  http_file_share_daily_quota = {limit} * 20
  http_file_share_global_quota = {limit} * 40
""", port
