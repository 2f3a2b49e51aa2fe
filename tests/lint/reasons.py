#!/usr/bin/python3
"""Fails when a reason that an error, an account or a notice can carry is not in docs/api.md.

    reasons.py ROOT

A reason is an UPPER_SNAKE text in the daemon's sources. Names of environment variables and of SRTP
suites look the same and are none.
"""
import pathlib
import re
import sys

ROOMS = ("daemon", "media")
TEXT = re.compile(r'"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"')
# With a code before it a single word is a reason, too.
AFTER_CODE = re.compile(r'Code::\w+,\s*"([A-Z][A-Z0-9_]+)"')
NO_REASON = re.compile(r"(SRTP_)?(AES|AEAD)(128)?_.*|GST_PLUGIN_.*|XDG_.*|PULSE_.*|DBUS_.*|JOURNAL_STREAM|NOTIFY_SOCKET|WATCHDOG_(PID|USEC)|"
                       r"(STATE|RUNTIME|CONFIGURATION|CREDENTIALS)_DIRECTORY|FORM_TYPE")


def without_comments(text):
    return re.sub(r"//[^\n]*", "", text)


def check(root):
    """Complaints, and how many reasons there are."""
    page = (root / "docs/api.md").read_text()
    listed = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", page))
    where = {}
    for room in ROOMS:
        for file in sorted((root / room).rglob("*")):
            if file.suffix not in (".cpp", ".h"):
                continue
            text = without_comments(file.read_text())
            for reason in TEXT.findall(text) + AFTER_CODE.findall(text):
                if not NO_REASON.fullmatch(reason) and not reason.endswith("_"):  # a prefix alone
                    where.setdefault(reason, file.relative_to(root))
    bad = [f"{file}: {reason} is not listed in docs/api.md"
           for reason, file in sorted(where.items()) if reason not in listed]
    return bad, len(where)


def main():
    bad, seen = check(pathlib.Path(sys.argv[1]))
    print(*bad, sep="\n", end="\n" if bad else "")
    if seen < 20:
        print(f"only {seen} reasons found: the search is broken")
    return 1 if bad or seen < 20 else 0


if __name__ == "__main__":
    sys.exit(main())
