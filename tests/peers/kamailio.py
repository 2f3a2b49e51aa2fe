"""A registrar and proxy: kamailio with a generated configuration.

    kamailio = Kamailio(folder, ports, pki=pki, users={"alice": "secret"})
    kamailio.udp, kamailio.tcp, kamailio.tls      # ports on 127.0.0.1 (and ::1); tls is None without a pki
    kamailio.domain                               # "example.test"

Digest (MD5 or SHA-256) for REGISTER and for whatever claims to come from its
domain, MESSAGE, record-routing. With relay=Relay(...) the SDP of one call at
a time is bent so that its RTP crosses the bad network: the caller is the
relay's end A, the callee its end B.
"""
import contextlib
import pathlib
import socket
import sqlite3
import time

from .ports import have_ipv6
from .process import Process, ProcessFailed, deadline, wait_tcp

DOMAIN = "example.test"
MODULES = ("kex", "corex", "tm", "tmx", "sl", "rr", "pv", "maxfwd", "textops", "siputils", "xlog",
           "sanity", "ctl", "auth", "usrloc", "registrar", "htable")
MODULE_PATHS = ("/usr/lib/x86_64-linux-gnu/kamailio/modules/", "/usr/lib/aarch64-linux-gnu/kamailio/modules/")

HEAD = """#!KAMAILIO
debug=2
log_stderror=yes
fork=yes
children=2
tcp_children=2
auto_aliases=no
dns=off
rev_dns=off
alias="{domain}"
tcp_accept_no_cl=yes
tcp_connection_lifetime=3605
server_header="Server: {name}"
user_agent_header="User-Agent: {name}"
{listen}
mpath="{modules}"
{load}
modparam("ctl", "binrpc", "unix:{folder}/kamailio_ctl")
modparam("rr", "enable_full_lr", 1)
modparam("rr", "append_fromtag", 1)
modparam("usrloc", "db_mode", 0)
modparam("registrar", "max_contacts", 10)
modparam("registrar", "min_expires", {min_expires})
modparam("registrar", "max_expires", 3600)
modparam("auth", "algorithm", "{algorithm}")
modparam("htable", "htable", "pw=>size=6;")
{presence}
event_route[htable:mod-init] {{
{users}
}}
"""

ROUTES = """
request_route {{
  if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
  if (!sanity_check("17895", "7")) {{ xlog("L_WARN", "malformed $rm from $si:$sp\\n"); exit; }}
  if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
  if (!is_method("ACK")) {{ if (t_precheck_trans()) {{ t_check_trans(); exit; }} t_check_trans(); }}
{nat}
{asked_again}
  if (has_totag()) {{
    if (is_method("INVITE")) xlog("L_NOTICE", "INVITE again from $si, $cs of $ci\n");
    if (loose_route()) {{ {nat_inside} route(FORWARD); exit; }}
    if (is_method("ACK")) {{ if (t_check_trans()) t_relay(); exit; }}
    if (uri != myself) {{ route(FORWARD); exit; }}
    sl_send_reply("404", "Not here"); exit;
  }}
  remove_hf("Route");
  if (is_method("INVITE|SUBSCRIBE|REFER")) record_route();
  if (is_method("OPTIONS") && uri == myself && $rU == $null) {{ sl_send_reply("200", "Keepalive"); exit; }}
  if (is_method("REGISTER")) {{ $var(realm) = $td; $var(user) = $tU; }}
  else {{ $var(realm) = $fd; $var(user) = $fU; }}
  if ($var(realm) == "{domain}") {{
    if (is_present_hf("Authorization") || is_present_hf("Proxy-Authorization")) $var(user) = $au;
    if (is_method("REGISTER")) {{
      if ($sht(pw=>$var(user)) == $null || !pv_www_authenticate("{domain}", "$sht(pw=>$var(user))", "0")) {{
        www_challenge("{domain}", "1"); exit;
      }}
    }} else {{
      if ($sht(pw=>$var(user)) == $null || !pv_proxy_authenticate("{domain}", "$sht(pw=>$var(user))", "0")) {{
        proxy_challenge("{domain}", "1"); exit;
      }}
    }}
    consume_credentials();
  }}
  if (is_method("REGISTER")) {{ if (!save("location")) sl_reply_error(); exit; }}
{asked}
  if (uri == myself && !lookup("location")) {{ sl_send_reply("404", "Not Found"); exit; }}
  route(FORWARD);
}}
route[FORWARD] {{
  # Flag 1 stays with the transaction: its answer goes the other way.
  if (has_totag() && is_direction("upstream")) setflag(1);
  if (has_body("application/sdp")) {{
    if (isflagset(1)) route(TO_CALLER); else route(TO_CALLEE);
  }}
  t_on_reply("ANSWER");
  if (!t_relay()) sl_reply_error();
}}
onreply_route[ANSWER] {{
  {nat_answer}
  if (has_body("application/sdp")) {{
    if (isflagset(1)) route(TO_CALLEE); else route(TO_CALLER);
  }}
}}
route[TO_CALLEE] {{
{to_callee}
}}
route[TO_CALLER] {{
{to_caller}
}}
"""

# A presence server: who subscribes to somebody here, or publishes, is answered by kamailio itself.
PRESENCE = """
modparam("presence|presence_xml", "db_url", "sqlite:///{folder}/presence.sqlite")
modparam("presence", "server_address", "sip:presence@{host}:{udp}")
modparam("presence", "min_expires", 1)
modparam("presence", "expires_offset", 0)
modparam("presence_xml", "force_active", 1)
"""
ASKED = """  if (is_method("SUBSCRIBE|PUBLISH") && uri == myself && $hdr(Event) =~ "^(presence|message-summary)") {
    if (!t_newtran()) { sl_reply_error(); exit; }
    if (is_method("PUBLISH")) handle_publish(); else handle_subscribe();
    t_release(); exit;
  }"""
# Whatever a phone behind a router believes of itself, it is answered where it was heard, over the
# connection that it has made.
NAT = {"nat": """  force_rport();
  if (is_method("REGISTER")) fix_nated_register(); else if (is_method("INVITE|UPDATE|SUBSCRIBE|REFER")) add_contact_alias();""",
       "nat_inside": "handle_ruri_alias();", "nat_answer": "add_contact_alias();"}
TABLES = pathlib.Path("/usr/share/kamailio/db_sqlite")

TLS = """[server:default]
method = TLSv1.2+
verify_certificate = {demand}
require_certificate = {demand}
private_key = {key}
certificate = {chain}
ca_list = {ca}
[client:default]
method = TLSv1.2+
verify_certificate = no
"""


class Kamailio:
    """Starts at once; ready when the constructor returns.

    users: name -> password. algorithm: "MD5" or "SHA-256". certificate: a
    certs.Certificate to present instead of one that is right for the domain;
    client_certificates=True refuses clients without one. port: a port pair to
    listen on again after a stop(). presence=True makes it a presence server that lets everybody see
    everybody, and a mailbox's that tells whatever is published as message-summary. hosts: the addresses to
    listen on; port, tls_port: fixed ones, for a network of one's own; nat: phones behind routers are expected.
    """

    def __init__(self, folder, ports, *, users, pki=None, certificate=None, algorithm="MD5",
                 client_certificates=False, relay=None, domain=DOMAIN, name="kamailio",
                 min_expires=10, presence=False, hosts=None, port=None, tls_port=None, nat=False):
        self.hosts = tuple(hosts or (("127.0.0.1", "::1") if have_ipv6() else ("127.0.0.1",)))
        self.host, self._nat = self.hosts[0], nat
        self.ipv6 = any(":" in host for host in self.hosts)
        self.domain, self.users = domain, dict(users)
        self.folder = pathlib.Path(folder) / name
        self.folder.mkdir(parents=True)
        self.udp = self.tcp = port or ports.free()
        self.tls = (tls_port or ports.free()) if pki or certificate else None
        self._presence = presence
        self._log = pathlib.Path(folder) / f"{name}.log"
        self._config = self.folder / "kamailio.cfg"
        text = self._head(name, algorithm, min_expires)
        if self.tls:
            certificate = certificate or pki.leaf(domain, [f"DNS:{domain}", *(f"IP:{host}" for host in self.hosts)])
            (self.folder / "tls.cfg").write_text(TLS.format(
                demand="yes" if client_certificates else "no", key=certificate.key,
                chain=certificate.chain, ca=pki.ca.cert if pki else certificate.cert))
        if presence:
            self._make_tables()
        text += ROUTES.format(**(NAT if nat else dict.fromkeys(NAT, "")), domain=domain, asked=ASKED if presence else "",
                              asked_again="  if (has_totag()) {\n" + ASKED + "\n  }" if presence else "",
                              to_callee=self._bend(relay and relay.port_b, relay),
                              to_caller=self._bend(relay and relay.port_a, relay))
        self._config.write_text(text)
        self.process = None
        self.start()

    def _head(self, name, algorithm, min_expires):
        modules = next(path for path in MODULE_PATHS if pathlib.Path(path).is_dir())
        hosts = [f"[{host}]" if ":" in host else host for host in self.hosts]
        listen = [f"listen={kind}:{host}:{self.udp}" for host in hosts for kind in ("udp", "tcp")]
        if self._nat:
            listen.append("mhomed=yes")  # between IPv4 and IPv6 too
        load = list(MODULES)
        if self.tls:
            listen += ["enable_tls=yes"] + [f"listen=tls:{host}:{self.tls}" for host in hosts]
            load.append("tls")
        if self._nat:
            load.append("nathelper")
        if self._presence:
            load += ["db_sqlite", "presence", "presence_xml", "presence_mwi"]
        lines = [f'loadmodule "{module}.so"' for module in load]
        if self.tls:
            lines.append(f'modparam("tls", "config", "{self.folder}/tls.cfg")')
        if self._nat:
            lines.append('modparam("nathelper|registrar", "received_avp", "$avp(RECEIVED)")')
        users = "\n".join(f'  $sht(pw=>{user}) = "{word}";' for user, word in self.users.items())
        presence = PRESENCE.format(folder=self.folder, host=self.host, udp=self.udp) if self._presence else ""
        return HEAD.format(domain=self.domain, presence=presence, name=name, listen="\n".join(listen), modules=modules,
                           load="\n".join(lines), folder=self.folder, algorithm=algorithm,
                           users=users, min_expires=min_expires)

    def _make_tables(self):
        with contextlib.closing(sqlite3.connect(self.folder / "presence.sqlite")) as database:
            for name in ("standard", "presence"):
                database.executescript((TABLES / f"{name}-create.sql").read_text())

    @staticmethod
    def _bend(port, relay):
        """Statements that send the RTP of this SDP to a port of the relay."""
        if not relay:
            return "  return;"
        return (f"  subst_body('/^m=audio [0-9]+ /m=audio {port} /');\n"
                f"  subst_body('/^c=IN IP4 .*$/c=IN IP4 {relay.host}\\r/');\n"
                f"  subst_body('/^a=rtcp:[0-9]+/a=rtcp:{port + 1}/');")

    def reinvites(self):
        """How many INVITEs in dialogs have passed."""
        return sum("INVITE again" in line for line in self.process.lines.all())

    # ---- life --------------------------------------------------------------------

    def start(self):
        """Starts (again, on the same ports, having forgotten every registration)."""
        self.process = Process(["kamailio", "-DD", "-E", "-f", self._config, "-Y", self.folder,
                                "-m", "64", "-M", "8"], self._log)
        try:
            self._wait_ready()
        except BaseException:
            self.process.kill()
            raise

    def _wait_ready(self, seconds=10):
        """Until it answers OPTIONS over UDP and accepts over TCP and TLS."""
        until = deadline(seconds)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((self.host, 0))
            probe.settimeout(0.05)
            me = f"{self.host}:{probe.getsockname()[1]}"
            options = (f"OPTIONS sip:{self.domain} SIP/2.0\r\nVia: SIP/2.0/UDP {me};branch=z9hG4bKready\r\n"
                       f"From: <sip:probe@invalid.test>;tag=1\r\nTo: <sip:{self.domain}>\r\n"
                       f"Call-ID: ready@{me}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 5\r\n"
                       "Content-Length: 0\r\n\r\n").encode()
            while True:
                probe.sendto(options, (self.host, self.udp))
                try:
                    if probe.recv(4096).startswith(b"SIP/2.0 200"):
                        break
                except OSError:
                    pass
                if not self.process.alive() or time.monotonic() > until:
                    self.process.fail("did not become ready")
        for port in filter(None, (self.tcp, self.tls)):
            wait_tcp(port, host=self.host, process=self.process)

    def stop(self):
        self.process.stop()

    def kill(self):
        """At once, like a machine that lost its power."""
        self.process.kill()

    def contacts(self, user):
        """How many contacts of a user are registered, as kamailio itself says."""
        return len(self.addresses(user))

    def addresses(self, user):
        """Those contacts, each the text of an address."""
        control = Process(["kamcmd", "-s", f"unix:{self.folder}/kamailio_ctl", "ul.lookup", "location",
                           f"{user}@{self.domain}"], self.folder / "kamcmd.log")
        try:
            control.wait_exit(5)
            return [line.split("Address:", 1)[1].strip() for line in control.lines.all() if "Address:" in line]
        except ProcessFailed:
            return []
        finally:
            control.kill()
