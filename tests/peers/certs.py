"""A throw-away public key infrastructure made by the openssl program (EC P-256: fast).

    pki = Pki(folder)
    server = pki.leaf("sip.example.test")            # SAN DNS of that name
    server.cert, server.key, server.chain, server.pem, pki.ca.cert
"""
import dataclasses
import datetime
import pathlib
import subprocess

CONFIG = """
[ca]
default_ca = default
[default]
new_certs_dir = {folder}
database = {folder}/index.txt
serial = {folder}/serial
default_md = sha256
policy = anything
unique_subject = no
copy_extensions = none
[anything]
commonName = supplied
"""


@dataclasses.dataclass(frozen=True)
class Certificate:
    """Paths of PEM files: the certificate, its key, the chain a server sends, chain and key in one."""

    cert: pathlib.Path
    key: pathlib.Path
    chain: pathlib.Path
    pem: pathlib.Path


class Pki:
    """One authority and what it has signed, in one folder."""

    def __init__(self, folder, name="Test CA"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._count = 0
        self.ca = self.self_signed(name, authority=True)

    # ---- what is right -------------------------------------------------------

    def leaf(self, name, sans=None, *, issuer=None, start=-1, days=30, authority=False):
        """A certificate for `name`, signed by `issuer` (default: the CA).

        `sans` are subject alternative names as openssl writes them
        ("DNS:a.test", "IP:127.0.0.1", "URI:sip:a.test"); default DNS:name, [] for none.
        `start` and `days` count from now: start=-20, days=10 has expired.
        """
        issuer = issuer or self.ca
        stem = self._stem(name)
        sans = [f"DNS:{name}"] if sans is None and not authority else sans or []
        self._run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                  "-subj", f"/CN={name}", "-keyout", f"{stem}.key", "-out", f"{stem}.csr")
        extensions = [f"basicConstraints=critical,CA:{'TRUE' if authority else 'FALSE'}",
                      "subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid"]
        extensions += ["keyUsage=critical,keyCertSign,cRLSign"] if authority else \
            ["keyUsage=critical,digitalSignature", "extendedKeyUsage=serverAuth,clientAuth"]
        if sans:
            extensions.append("subjectAltName=" + ",".join(sans))
        pathlib.Path(f"{stem}.ext").write_text("\n".join(extensions) + "\n")
        pathlib.Path(f"{stem}.cnf").write_text(CONFIG.format(folder=self.folder))
        (self.folder / "index.txt").touch()
        if not (self.folder / "serial").exists():
            (self.folder / "serial").write_text("1000\n")
        begin = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=start)
        end = begin + datetime.timedelta(days=days)
        self._run("ca", "-batch", "-notext", "-config", f"{stem}.cnf", "-in", f"{stem}.csr",
                  "-cert", str(issuer.cert), "-keyfile", str(issuer.key), "-extfile", f"{stem}.ext",
                  "-startdate", f"{begin:%Y%m%d%H%M%SZ}", "-enddate", f"{end:%Y%m%d%H%M%SZ}",
                  "-out", f"{stem}.crt")
        above = issuer.chain.read_text() if issuer is not self.ca else ""
        return self._certificate(stem, above)

    def intermediate(self, name="Test Intermediate CA"):
        """An authority below the CA: give it as `issuer`; the chain of its leaves includes it."""
        return self.leaf(name, authority=True)

    def wildcard(self, domain):
        return self.leaf(f"*.{domain}")

    def address(self, address="127.0.0.1"):
        return self.leaf(address, [f"IP:{address}"])

    # ---- what is wrong -------------------------------------------------------

    def expired(self, name):
        return self.leaf(name, start=-20, days=10)

    def not_yet_valid(self, name):
        return self.leaf(name, start=10)

    def self_signed(self, name, authority=False):
        stem = self._stem(name)
        extensions = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"] \
            if authority else [f"subjectAltName=DNS:{name}"]
        words = [word for extension in extensions for word in ("-addext", extension)]
        self._run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                  "-days", "30", "-subj", f"/CN={name}", *words,
                  "-keyout", f"{stem}.key", "-out", f"{stem}.crt")
        return self._certificate(stem, "")

    def unknown_ca(self, name):
        """A leaf that is right in all but its authority, which nobody trusts."""
        return Pki(self.folder / f"stranger{self._count}", "Unknown CA").leaf(name)

    # ---- files ---------------------------------------------------------------

    def _stem(self, name):
        self._count += 1
        plain = "".join(c if c.isalnum() or c in ".-" else "_" for c in name)
        return f"{self.folder}/{self._count:02d}-{plain}"

    def _certificate(self, stem, above):
        cert, key = pathlib.Path(f"{stem}.crt"), pathlib.Path(f"{stem}.key")
        chain, pem = pathlib.Path(f"{stem}.chain.pem"), pathlib.Path(f"{stem}.pem")
        chain.write_text(cert.read_text() + above)
        pem.write_text(chain.read_text() + key.read_text())
        return Certificate(cert, key, chain, pem)

    def _run(self, *arguments):
        done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, timeout=30)
        if done.returncode != 0:
            raise RuntimeError(f"openssl {' '.join(arguments)}\n{done.stderr}")
