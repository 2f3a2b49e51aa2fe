#!/usr/bin/python3
"""Fails when a file carries a word that only its author's workshop understands.

    words.py ROOT

Notes to oneself belong into the tracker, and paths of one machine into nobody's
program.
"""
import pathlib
import re
import sys

PLACES = ("daemon", "media", "clients", "proto", "config", "systemd", "tests", "docs", ".ci", "dev",
          "CMakeLists.txt", "CMakePresets.json", "README.md", "CONTRIBUTING.md", "CHANGELOG.md")
BINARY = {".wav", ".ogg", ".pcap", ".png", ".pem", ".bin", ".pyc"}
# Written so that this file does not contain what it looks for.
WORDS = {
    r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b": "a note to oneself",
    r"(?<![\w.~$}-])/(wo" r"rk|Us" r"ers)/": "a path of one machine",
}


def files(root):
    for place in PLACES:
        start = root / place
        if start.is_file():
            yield start
            continue
        for file in sorted(start.rglob("*")):
            if file.is_file() and file.suffix not in BINARY and "corpus" not in file.parts \
                    and "__pycache__" not in file.parts:
                yield file


def check(root):
    bad, seen = [], 0
    for file in files(root):
        seen += 1
        for number, line in enumerate(file.read_text(errors="replace").splitlines(), 1):
            for pattern, what in WORDS.items():
                match = re.search(pattern, line)
                if match:
                    where = file.relative_to(root).as_posix()
                    bad.append(f"{where}:{number}: {what} ({match.group(0)})")
    return bad, seen


def main(arguments):
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    bad, seen = check(pathlib.Path(arguments[0]))
    print("\n".join(bad) or f"{seen} files, no such word")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
