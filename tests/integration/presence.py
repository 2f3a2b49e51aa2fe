"""What the tests of presence over SIP share: who it is about, a document, and what is seen of a contact."""

DOMAIN, ALICE, BOB = "example.test", "sip:alice@example.test", "sip:bob@example.test"
PIDF = "application/pidf+xml"


def document(*tuples, note=""):
    tuples = "".join(f'<tuple id="{name}"><status><basic>{basic}</basic></status></tuple>' for name, basic in tuples)
    return (f'<?xml version="1.0"?><presence xmlns="urn:ietf:params:xml:ns:pidf" entity="{BOB}">{tuples}'
            + (f"<note>{note}</note>" if note else "") + "</presence>")


def register(commd, proxy, *options):
    """alice, at a stranger's registrar."""
    commd.add_account(ALICE, "secret", "--server", f"127.0.0.1:{proxy.port}", "--transport", "udp",
                      "--set", "message_waiting=off", *options)
    commd.ctl("wait", "account", ALICE, "--for=state=online")
    proxy.wait_registered()
    return proxy.contact, proxy.registered_from


def is_contact(address=BOB, **more):
    """A change of a contact; availability and status are those of its presence."""
    def matches(event):
        contact = event.get("event", {}).get("contact_changed", {})
        if contact.get("address") != address:
            return False
        shown = {**contact, "availability": contact["presence"]["availability"].removeprefix("AVAILABILITY_"),
                 "status": contact["presence"]["status"], "subscription": contact["subscription"][13:],
                 "devices": [each["resource"] for each in contact["resources"]]}
        return all(shown[key] == value for key, value in more.items())
    return matches


def is_gone(address):
    return lambda event: event.get("event", {}).get("contact_removed", "").endswith("/" + address)
