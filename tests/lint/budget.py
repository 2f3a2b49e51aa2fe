#!/usr/bin/python3
"""Fails when a source file or a function has outgrown its budget.

    budget.py ROOT

Hard stops: 600 lines a file, 80 lines a function. Reported, to be kept in mind:
95 % of the files within 400 lines, 95 % of the functions within 40.
Functions are found by a scan of braces, not by a parser: the outermost body
that follows a parameter list counts, with the lambdas inside it.
"""
import pathlib
import re
import sys

AREAS = ("daemon", "media", "clients", "tests")
FILE_STOP, FILE_P95 = 600, 400
FUNCTION_STOP, FUNCTION_P95 = 80, 40

# Comments, string and character literals: nothing in them is a brace. Digit separators
# (1'000) are taken first, so that they do not open a character.
NOISE = re.compile(
    r"""//[^\n]*|/\*.*?\*/|R"(?P<tag>[^(\s]*)\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"|(?<=[0-9a-fA-F])'(?=[0-9a-fA-F])|'(?:\\.|[^'\\\n])*'""",
    re.S)
SCOPE = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b")
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.M)


def blank(match):
    """Keeps the line numbers."""
    return re.sub(r"[^\n]", " ", match.group(0))


def opens_function(head):
    """Whether the text before a brace is the head of a function."""
    head = re.sub(r"\btemplate\s*<[^{}]*?>\s*(?=\b(class|struct|union)\b)", "", head)
    if ")" not in head or head.rstrip().endswith("="):
        return False
    return not SCOPE.search(re.sub(r"\([^()]*\)|<[^<>]*>", "", head))


def functions(text):
    """(first line, number of lines) of each outermost function body."""
    text = DIRECTIVE.sub(blank, NOISE.sub(blank, text))
    found, stack, head, line = [], [], 0, 1
    start = 1
    for at, char in enumerate(text):
        if char == "\n":
            line += 1
        elif char == "{":
            inside = any(kind == "function" for kind, _ in stack)
            is_function = not inside and opens_function(text[head:at])
            stack.append(("function" if is_function else "other", line))
            if is_function:
                lead = text[head:at]
                start = line - lead.strip().count("\n")
                stack[-1] = ("function", start)
            head = at + 1
        elif char == "}":
            if stack:
                kind, start = stack.pop()
                if kind == "function":
                    found.append((start, line - start + 1))
            head = at + 1
        elif char == ";":
            head = at + 1
    return found


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0


def check(root):
    """(complaints, report)"""
    bad, lengths, bodies = [], [], []
    for area in AREAS:
        for file in sorted((root / area).rglob("*")):
            if file.suffix not in {".h", ".cpp"}:
                continue
            where = file.relative_to(root).as_posix()
            text = file.read_text(errors="replace")
            lines = text.count("\n")
            lengths.append(lines)
            if lines > FILE_STOP:
                bad.append(f"{where}: {lines} lines, at most {FILE_STOP}")
            for line, length in functions(text):
                bodies.append(length)
                if length > FUNCTION_STOP:
                    bad.append(f"{where}:{line}: a function of {length} lines, at most {FUNCTION_STOP}")
    report = (f"{len(lengths)} files: median {percentile(lengths, .5)}, p95 {percentile(lengths, .95)} "
              f"(goal {FILE_P95}), longest {max(lengths, default=0)}\n"
              f"{len(bodies)} functions: median {percentile(bodies, .5)}, p95 {percentile(bodies, .95)} "
              f"(goal {FUNCTION_P95}), longest {max(bodies, default=0)}")
    return bad, report


def main(arguments):
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    bad, report = check(pathlib.Path(arguments[0]))
    print("\n".join(bad + [report]))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
