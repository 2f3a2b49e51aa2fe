#!/usr/bin/python3
"""Fails when docs/security.md names a test that is not there.

    security_doc.py ROOT

In its tables `Suite.Case` (or `Suite.*`) is a unit test, snake_case a test of tests/integration or
tests/cli without its `test_`, and `name` after "fuzz", or in the table of parsers, a fuzz target.
"""
import pathlib
import re
import sys


def names(root):
    """(unit suites, unit cases, integration tests and files, fuzz targets) of the tree."""
    suites, cases = set(), set()
    for file in sorted((root / "tests/unit").rglob("*.cpp")):
        for suite, case in re.findall(r"^TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)", file.read_text(), re.M):
            suites.add(suite)
            cases.add(f"{suite}.{case}")
    scripts = set()
    folders = [root / "tests" / name for name in ("integration", "cli")]
    for file in sorted(file for folder in folders for file in folder.glob("test_*.py")):
        scripts.add(file.stem)
        scripts |= set(re.findall(r"^def test_(\w+)", file.read_text(), re.M))
    fuzz = {file.name.removesuffix("_fuzz.cpp") for file in (root / "tests/fuzz").glob("*_fuzz.cpp")}
    return suites, cases, scripts, fuzz


def missing(text, suites, cases, scripts, fuzz):
    """Names in the last column of the tables that are nowhere."""
    found, parsers, suite = [], False, ""
    for line in text.splitlines():
        parsers = line.startswith("## Parsers") or (parsers and not line.startswith("## "))
        cells = line.strip().strip("|").split("|")
        if not line.startswith("|") or len(cells) < 2:
            continue
        for word in re.findall(r"`([^`]+)`", cells[-1]):
            if re.fullmatch(r"[A-Z]\w*\.(\w+|\*)", word):
                suite = word.split(".")[0]
                known = suite in suites if word.endswith("*") else word in cases
            elif re.fullmatch(r"\.\w+", word):
                known = suite + word in cases
            elif parsers:
                known = word in fuzz
            else:
                known = word in scripts or word in fuzz
            if not known:
                found.append(word)
    return found


def main():
    root = pathlib.Path(sys.argv[1])
    text = (root / "docs/security.md").read_text()
    tables = names(root)
    bad = missing(text, *tables)
    unlisted = sorted(name for name in tables[3] if f"`{name}`" not in text)
    for name in bad:
        print(f"docs/security.md: there is no test {name}")
    for name in unlisted:
        print(f"docs/security.md: the fuzz target {name} is not named")
    if bad or unlisted:
        return 1
    print("every test named is there")
    return 0


if __name__ == "__main__":
    sys.exit(main())
