#!/usr/bin/python3
"""Fails when README's table of XMPP and docs/commd.doap do not name the same XEPs at the same versions.

    xeps.py ROOT

The table counts where a row begins with specifications: "| XEP-0198 1.6, XEP-0115 1.6 | ...".
"""
import pathlib
import re
import sys
import xml.etree.ElementTree as ET

XMPP = "{https://linkmauve.fr/ns/xmpp-doap#}"
RESOURCE = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}resource"
STATUSES = {"complete", "partial", "planned", "deprecated", "removed", "wontfix"}


def of_readme(text):
    """XEP -> the versions that the table gives it."""
    found = {}
    for row in re.findall(r"^\|([^|]*)\|", text, re.M):
        for number, version in re.findall(r"XEP-(\d{4}) (\d+(?:\.\d+)*)", row):
            found.setdefault(number, set()).add(version)
    return found


def of_doap(text):
    """XEP -> its versions, and complaints about single entries."""
    found, bad = {}, []
    for each in ET.fromstring(text).iter(XMPP + "SupportedXep"):
        resource = each.find(XMPP + "xep").get(RESOURCE)
        number = re.fullmatch(r"https://xmpp\.org/extensions/xep-(\d{4})\.html", resource)
        if not number:
            bad.append(f"docs/commd.doap: {resource} is no address of a XEP")
            continue
        if each.findtext(XMPP + "status") not in STATUSES:
            bad.append(f"docs/commd.doap: XEP-{number[1]} has no status that is known")
        if number[1] in found:
            bad.append(f"docs/commd.doap: XEP-{number[1]} is there twice")
        found.setdefault(number[1], set()).add(each.findtext(XMPP + "version"))
    return found, bad


def check(root):
    """Complaints, and how many XEPs README has."""
    readme = of_readme((root / "README.md").read_text())
    doap, bad = of_doap((root / "docs/commd.doap").read_text())
    for number in sorted(readme.keys() | doap.keys()):
        here, there = readme.get(number, set()), doap.get(number, set())
        if here != there:
            bad.append(f"XEP-{number}: README.md has {' '.join(sorted(here)) or 'nothing'}, "
                       f"docs/commd.doap {' '.join(sorted(there)) or 'nothing'}")
    return bad, len(readme)


def main():
    bad, seen = check(pathlib.Path(sys.argv[1]))
    print(*bad, sep="\n", end="\n" if bad else "")
    if seen < 20:
        print(f"only {seen} XEPs found: the search is broken")
    return 1 if bad or seen < 20 else 0


if __name__ == "__main__":
    sys.exit(main())
