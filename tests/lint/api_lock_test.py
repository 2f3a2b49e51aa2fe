#!/usr/bin/python3
"""Tests of proto/api_lock.py: that it sees what it is there to see."""
import contextlib
import io
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "proto"))
import api_lock  # noqa: E402

GOOD = """syntax = "proto3";
package commd.v1;
// A service.
service ThingService {
  // Gets it.
  rpc GetThing(GetThingRequest) returns (Thing);
}
// Request of GetThing.
message GetThingRequest {
  // Which.
  string id = 1;
}
// A thing.
message Thing {
  // How it is.
  enum State {
    // Never sent.
    STATE_UNSPECIFIED = 0;
    // Well.
    STATE_GOOD = 1;
  }
  // How it is.
  State state = 1;
  // Absent: not weighed.
  optional uint32 weight_g = 2;
}
"""


class ApiLock(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        (self.folder / "commd/v1").mkdir(parents=True)

    def run_on(self, text, *options):
        (self.folder / "commd/v1/thing.proto").write_text(text)
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            code = api_lock.main([*options, str(self.folder)])
        return code, said.getvalue()

    def changed(self, old, new):
        self.assertEqual(self.run_on(GOOD, "--update")[0], 0)
        self.assertIn(old, GOOD)
        return self.run_on(GOOD.replace(old, new))

    def test_nothing_changed(self):
        self.assertEqual(self.changed("A thing", "The thing"), (0, ""))

    def test_lock_is_sorted_and_complete(self):
        self.run_on(GOOD, "--update")
        lines = (self.folder / "api.lock").read_text().splitlines()
        self.assertEqual(lines, sorted(lines))
        self.assertIn("field commd.v1.Thing.weight_g = 2 optional uint32", lines)
        self.assertIn("value commd.v1.Thing.State.STATE_GOOD = 1", lines)
        self.assertIn("rpc commd.v1.ThingService.GetThing (commd.v1.GetThingRequest) "
                      "returns (commd.v1.Thing)", lines)

    def test_what_breaks_clients_fails(self):
        for old, new in [("weight_g = 2", "weight_g = 3"), ("uint32 weight_g", "uint64 weight_g"),
                         ("weight_g", "mass_g"), ("STATE_GOOD = 1", "STATE_GOOD = 2"),
                         ("optional uint32", "uint32"), ("returns (Thing)", "returns (stream Thing)"),
                         ("  // Absent: not weighed.\n  optional uint32 weight_g = 2;\n", "")]:
            with self.subTest(new=new):
                code, said = self.changed(old, new)
                self.assertEqual(code, 1)
                self.assertIn("gone or changed", said)
                self.assertIn("--update", said)

    def test_what_is_new_passes_and_is_told(self):
        code, said = self.changed("  // Absent", "  // New.\n  string name = 3;\n  // Absent")
        self.assertEqual(code, 0)
        self.assertIn("new: field commd.v1.Thing.name = 3 string", said)

    def test_style(self):
        for old, new, complaint in [
                ("  // Well.\n", "", "no comment"), ("  // Which.\n", "", "no comment"),
                ("  // Gets it.\n", "", "no comment"), ("weight_g", "weightG", "lower_snake"),
                ("STATE_GOOD", "GOOD", "begin with STATE_"),
                ("STATE_UNSPECIFIED", "STATE_NONE", "UNSPECIFIED"),
                ("GetThingRequest", "ThingQuery", "its own GetThingRequest"),
                ("ThingService", "Things", "end with Service")]:
            with self.subTest(new=new):
                code, said = self.run_on(GOOD.replace(old, new), "--update")
                self.assertEqual(code, 1)
                self.assertIn(complaint, said)


if __name__ == "__main__":
    unittest.main()
