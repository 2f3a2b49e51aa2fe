#!/usr/bin/python3
"""Fails when a room includes a header that its row in rooms.txt does not allow.

    room_deps.py ROOT [ROOMS.txt]

Checked for every .h and .cpp of every room:
  - another room only if the row names it (and the rows have no cycle);
  - a guarded third-party header only if the row lists it;
  - generated *.pb.h only where the row says so;
  - quoted includes are written from the repository root and exist;
  - a folder that holds sources is a room of the table.
"""
import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)
GENERATED = re.compile(r"\.pb\.(h|cc)$")
AREAS = ("daemon", "media", "clients")


def read_table(path):
    """room -> the set of words it may include."""
    allowed = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        line = line.split("#")[0].strip()
        if not line:
            continue
        room, colon, words = line.partition(":")
        room = room.strip()
        if not colon or room in allowed:
            sys.exit(f"{path}:{number}: expected one 'room : words' line a room")
        allowed[room] = set(words.split())
    return allowed


def rooms_in(words):
    return {w for w in words if not w.startswith("<") and w != "*.pb.h"}


def guard_of(name, guarded):
    """The guarded header family that this include belongs to, longest first."""
    for family in guarded:
        if name == family or re.match(re.escape(family) + r"[/.\-+]", name):
            return family
    return None


def check_include(root, where, room, quote, name, table):
    """The complaint about one include, or None."""
    allowed, guarded, room_of = table
    if GENERATED.search(name):
        if "*.pb.h" not in allowed[room]:
            return f"{where}: {room} may not see generated headers ({name})"
        return None
    target = room_of(name)
    if target and target != room and target not in allowed[room]:
        return f"{where}: {room} may not include {target} ({name})"
    family = guard_of(name, guarded) if target is None else None
    if family and f"<{family}>" not in allowed[room]:
        return f"{where}: {room} may not include <{name}>; it is for the rooms that list <{family}>"
    if quote == '"' and family is None and not (root / name).is_file():
        return f"{where}: write the include from the repository root ({name})"
    return None


def check_cycles(allowed):
    done, left = set(), {room: rooms_in(words) for room, words in allowed.items()}
    while left:
        free = [room for room, needs in left.items() if needs <= done]
        if not free:
            return ["cycle or unknown room among: " + ", ".join(sorted(left))]
        done.update(free)
        for room in free:
            del left[room]
    return []


def check(root, table_path):
    """(complaints, number of files read)"""
    allowed = read_table(table_path)
    words = {w[1:-1] for row in allowed.values() for w in row if w.startswith("<")}
    guarded = sorted(words, key=len, reverse=True)
    rooms = sorted(allowed, key=len, reverse=True)

    def room_of(path):
        return next((room for room in rooms if path.startswith(room + "/")), None)

    bad, seen = check_cycles(allowed), 0
    files = [f for area in AREAS for f in sorted((root / area).rglob("*"))
             if f.suffix in {".h", ".cpp"}]
    for file in files:
        where = file.relative_to(root).as_posix()
        room = room_of(where)
        if room is None:
            bad.append(f"{where}: its folder is not in {table_path.name}")
            continue
        seen += 1
        for quote, name in INCLUDE.findall(file.read_text(errors="replace")):
            complaint = check_include(root, where, room, quote, name, (allowed, guarded, room_of))
            if complaint:
                bad.append(complaint)
    return bad, seen


def main(arguments):
    if len(arguments) not in (1, 2):
        print(__doc__, file=sys.stderr)
        return 2
    root = pathlib.Path(arguments[0])
    table = pathlib.Path(arguments[1]) if len(arguments) == 2 else \
        pathlib.Path(__file__).with_name("rooms.txt")
    bad, seen = check(root, table)
    print("\n".join(bad) or f"{seen} files, no forbidden include")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
