#!/usr/bin/python3
"""The lint programs can fail: each fault planted in a scratch tree is found."""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import budget  # noqa: E402
import reasons  # noqa: E402
import room_deps  # noqa: E402
import security_doc  # noqa: E402
import words  # noqa: E402
import xeps  # noqa: E402

TABLE = """
daemon/base :
daemon/core : daemon/base
daemon/sip  : daemon/base <sofia-sip>   # comment
daemon/api  : daemon/base *.pb.h
"""


class Tree(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name)
        self.write("daemon/base/error.h", "#pragma once\n#include <string>\n")

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def rooms(self, table=TABLE):
        return room_deps.check(self.root, self.write("rooms.txt", table))[0]


class RoomDeps(Tree):
    def expect(self, path, include, *parts):
        self.write(path, f"{include}\n")
        bad = self.rooms()
        self.assertEqual(len(bad), 1, bad)
        for part in parts:
            self.assertIn(part, bad[0])

    def test_allowed_includes_pass(self):
        self.write("daemon/core/a.cpp", '#include "daemon/base/error.h"\n#include <vector>\n')
        self.write("daemon/sip/a.cpp", "#include <sofia-sip/nua.h>\n")
        self.write("daemon/api/a.cpp", '#include "commd/v1/calls.grpc.pb.h"\n')
        self.assertEqual(self.rooms(), [])

    def test_forbidden_room(self):
        self.write("daemon/core/call.h", "")
        self.expect("daemon/base/b.cpp", '#include "daemon/core/call.h"',
                    "daemon/base/b.cpp", "may not include daemon/core")

    def test_forbidden_library(self):
        self.expect("daemon/core/a.cpp", "  #  include <sofia-sip/su.h>", "<sofia-sip/su.h>")

    def test_forbidden_library_in_quotes(self):
        self.expect("daemon/core/a.cpp", '#include "sofia-sip/su.h"', "sofia-sip")

    def test_generated_header(self):
        self.expect("daemon/core/a.cpp", '#include "commd/v1/calls.pb.h"', "generated")

    def test_include_beside(self):
        self.write("daemon/core/call.h", "")
        self.expect("daemon/core/a.cpp", '#include "call.h"', "repository root")

    def test_folder_without_a_row(self):
        self.expect("daemon/new/a.cpp", "", "not in rooms.txt")

    def test_cycle(self):
        bad = self.rooms("daemon/base : daemon/core\ndaemon/core : daemon/base\n")
        self.assertIn("cycle", bad[0])

    def test_library_family(self):
        self.assertEqual(room_deps.guard_of("glib-object.h", ["glib"]), "glib")
        self.assertEqual(room_deps.guard_of("boost/asio.hpp", ["boost/asio"]), "boost/asio")
        self.assertIsNone(room_deps.guard_of("glibc.h", ["glib"]))


class Budget(Tree):
    def test_long_function(self):
        body = "  f();\n" * 79
        self.write("daemon/core/a.cpp",
                   f"namespace commd {{\nvoid short_one() {{ f(); }}\nvoid long_one(int a,\n"
                   f"              int b) {{\n{body}}}\n}}\n")
        bad, _ = budget.check(self.root)
        self.assertEqual(bad, ["daemon/core/a.cpp:3: a function of 82 lines, at most 80"])

    def test_long_file(self):
        self.write("daemon/core/a.h", "int a;\n" * 601)
        self.assertEqual(len(budget.check(self.root)[0]), 1)

    def test_classes_and_tables_are_no_functions(self):
        rows = "  {1, 2},\n" * 100
        self.write("daemon/core/a.cpp",
                   f"const Row rows[] = {{\n{rows}}};\nclass A : public B<int()> {{\n"
                   + "  int x;  // {\n" * 90 + "  int f() const { return 1'000; }\n};\n")
        bad, report = budget.check(self.root)
        self.assertEqual(bad, [])
        self.assertIn("1 functions", report)

    def test_member_initialisers_and_lambdas_count_as_one(self):
        text = "A::A(int x) : x_{x}, y_(1) {\n  auto f = [&](int) {\n    g();\n  };\n}\n"
        self.assertEqual([length for _, length in budget.functions(text)][-1], 5)


class Words(Tree):
    def test_notes_and_paths(self):
        self.write("daemon/core/a.cpp", "// TO" "DO: later\nint x;\nopen(\"/wo" "rk/x\");\n")
        bad, _ = words.check(self.root)
        self.assertEqual([line.split(":")[1] for line in bad], ["1", "3"])

    def test_harmless(self):
        self.write("daemon/core/a.cpp", "// the network/work/flow\nint todo_list;\n")
        self.assertEqual(words.check(self.root)[0], [])


class SecurityDoc(unittest.TestCase):
    KNOWN = ({"Sdp"}, {"Sdp.Reads"}, {"test_sip", "a_caller"}, {"sdp"})

    def missing(self, cell, heading="## SIP"):
        return security_doc.missing(f"{heading}\n| duty | `code` | {cell} |\n", *self.KNOWN)

    def test_names_that_are_there(self):
        self.assertEqual(self.missing("`test_sip`: `a_caller`; `Sdp.Reads`, `.Reads`, `Sdp.*`; fuzz `sdp`"), [])

    def test_names_that_are_not(self):
        for name in ("a_stranger", "Sdp.Writes", "Rtp.*", "test_rtp"):
            self.assertEqual(self.missing(f"`{name}`"), [name])
        self.assertEqual(self.missing("`Sdp.Reads`, `.Writes`"), [".Writes"])
        self.assertEqual(self.missing("`a_caller`", "## Parsers and more"), ["a_caller"])


class Reasons(Tree):
    def expect(self, source, *unlisted):
        self.write("docs/api.md", "| `LISTED_ONE` | `ALSO` |\n")
        self.write("daemon/core/a.cpp", source)
        (self.root / "media").mkdir(exist_ok=True)
        self.assertEqual([line.split()[1] for line in reasons.check(self.root)[0]], list(unlisted))

    def test_finds_what_is_not_listed(self):
        self.expect('fail(Code::internal, "NEW_ONE", "words");', "NEW_ONE")
        self.expect('report({"NEW_ONE"});', "NEW_ONE")
        self.expect('fail(Code::internal, "SINGLE", "words");', "SINGLE")

    def test_leaves_the_rest_alone(self):
        self.expect('fail(Code::internal, "LISTED_ONE", "words"); fail(Code::internal,\n  "ALSO", "");')
        self.expect('getenv("XDG_STATE_HOME"); suite("AES_CM_128"); // "IN_COMMENT"')


class Xeps(Tree):
    ROW = "| XEP-0198 1.6, XEP-0115 1.5.2 | what of it, as XEP-0001 9.9 |\n"

    def doap(self, *entries):
        each = "".join(
            "<implements><x:SupportedXep>"
            f"<x:xep r:resource='https://xmpp.org/extensions/xep-{number}.html'/>"
            f"<x:version>{version}</x:version><x:status>{status}</x:status></x:SupportedXep></implements>"
            for number, version, status in entries)
        self.write("README.md", self.ROW)
        self.write("docs/commd.doap", "<R xmlns:x='https://linkmauve.fr/ns/xmpp-doap#' "
                                      f"xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>{each}</R>")
        return xeps.check(self.root)

    def test_both_say_the_same(self):
        bad, seen = self.doap(("0198", "1.6", "complete"), ("0115", "1.5.2", "partial"))
        self.assertEqual((bad, seen), ([], 2))

    def test_differences_are_found(self):
        bad, _ = self.doap(("0198", "1.5", "complete"), ("0030", "2.5", "good"), ("0030", "2.5", "partial"))
        text = "\n".join(bad)
        for fault in ("XEP-0198: README.md has 1.6, docs/commd.doap 1.5",
                      "XEP-0115: README.md has 1.5.2, docs/commd.doap nothing",
                      "XEP-0030: README.md has nothing", "0030 is there twice", "0030 has no status"):
            self.assertIn(fault, text)


if __name__ == "__main__":
    unittest.main()
