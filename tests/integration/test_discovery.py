"""`account add user@domain` with nothing but the password: what the domain speaks is found."""
# ctest: timeout=180
import pytest

DOMAIN = "campus.test"
BARE = f"alice@{DOMAIN}"
PASSWORD = "alice-secret"


@pytest.fixture
def campus(kamailio, prosody, dns):
    """campus(sip={...}, xmpp={...}): servers with these users' passwords, found by the DNS server it returns."""
    def build(sip=None, xmpp=None):
        names = dns()
        if sip is not None:
            phones = kamailio(users=sip, domain=DOMAIN)
            names.add(f"_sip._udp.{DOMAIN}", "SRV", (10, 0, phones.udp, f"pbx.{DOMAIN}"))
            names.add(f"pbx.{DOMAIN}", "A", "127.0.0.1")
        if xmpp is not None:
            chat = prosody(users=xmpp, domain=DOMAIN)
            names.add(f"_xmpps-client._tcp.{DOMAIN}", "SRV", (5, 0, chat.direct, f"im.{DOMAIN}"))
            names.add(f"im.{DOMAIN}", "A", "127.0.0.1")
        return names
    return build


@pytest.fixture
def add(daemon, folder, pki):
    """add(dns, ...): (the daemon, what `account add` of the bare address came to)."""
    def run(names, *options, status=0):
        conf = names.resolv_conf(folder)
        commd = daemon("one", settings={"sip": {"resolv_conf": conf}, "xmpp": {"resolv_conf": conf}})
        done = commd.run("account", "add", BARE, "--password-file", "-", "--set", f"tls_ca_file={pki.ca.cert}",
                         *options, stdin=PASSWORD, json_output=False)
        assert done.returncode == status, done.stderr
        return commd, done
    return run


def states(commd):
    return {account["id"]: account["state"] for account in commd.rows("account", "list") if account["id"] != "local"}


def test_both_protocols_come_online(campus, add):
    commd, done = add(campus(sip={"alice": PASSWORD}, xmpp={"alice": PASSWORD}))
    assert f"sip:{BARE}: _sip._udp says pbx.{DOMAIN}" in done.stderr
    assert f"xmpp:{BARE}: _xmpps-client._tcp says im.{DOMAIN}" in done.stderr
    assert states(commd) == {f"sip:{BARE}": "STATE_ONLINE", f"xmpp:{BARE}": "STATE_ONLINE"}


def test_one_protocol_is_one_account(campus, add):
    names = campus(xmpp={"alice": PASSWORD})
    names.add(f"_sip._udp.{DOMAIN}", "SRV", (0, 0, 0, "."))
    names.add(f"_sip._tcp.{DOMAIN}", "SRV", (0, 0, 0, "."))
    names.add(f"_sips._tcp.{DOMAIN}", "SRV", (0, 0, 0, "."))
    commd, _ = add(names, "--id", "work")
    assert states(commd) == {"work": "STATE_ONLINE"}


def test_where_the_password_is_not_taken_nothing_is_left_behind(campus, add):
    commd, done = add(campus(sip={"alice": "another"}, xmpp={"alice": PASSWORD}))
    assert states(commd) == {f"xmpp:{BARE}": "STATE_ONLINE"}
    assert f"sip:{BARE}: not kept" in done.stderr


def test_nothing_there_says_what_was_tried(campus, add):
    commd, done = add(campus(), status=5)
    assert states(commd) == {}
    assert done.stderr.count(f"{DOMAIN} does not exist in DNS") == 3, "once for each way to ask"
    for step in (f"_sips._tcp.{DOMAIN}", f"_xmpp-client._tcp.{DOMAIN}", "does not exist in DNS", "--server HOST"):
        assert step in done.stderr, done.stderr
