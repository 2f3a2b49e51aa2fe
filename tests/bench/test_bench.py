"""The bench's own arithmetic, tables and verdicts, with made-up figures; nothing here measures time."""
import importlib
import json
import os
import pathlib
import time

import numpy as np
import pytest

from bench import delay, measure, speech, wire
from bench.load import Generator, all_well, held, highest
from bench.report import (BEGIN, END, KEYS, PEER, Figure, Report, markdown, number, replace_table,
                          unexplained)
from bench.run import PARTS, run_part
from bench.subjects import Reflector
from peers import tones
from peers.ports import Ports

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "docs" / "performance.md"
RATE = 48000


# ---- figures ------------------------------------------------------------------------


@pytest.mark.parametrize("value, lower, met", [(0.8, True, True), (0.81, True, False), (0.8, False, True),
                                               (0.79, False, False)])
def test_a_goal_is_met_up_to_its_bound(value, lower, met):
    assert Figure("a", "A", value, "ms", 0.8, lower).met is met


def test_a_figure_without_goal_or_peer_says_neither():
    figure = Figure("a", "A", 1.5, "ms")
    assert figure.met is None and figure.ratio is None
    assert figure.record() == {"name": "a", "value": 1.5, "unit": "ms", "goal": None, "met": None,
                               "peer": None, "peer_value": None}
    assert figure.cells() == ("A", "1.50", "ms", "", "", "", "")


def test_a_peer_is_named_and_compared():
    figure = Figure("a", "A", 0.5, "ms", 1, peer_value=2.0)
    assert tuple(figure.record()) == KEYS
    assert figure.record()["peer"] == PEER and figure.record()["peer_value"] == 2.0
    assert figure.cells() == ("A", "0.500", "ms", "<= 1", "yes", "2.00", "0.25")


def test_a_peer_that_costs_nothing_has_no_ratio():
    assert Figure("a", "A", 0.5, "ms", peer_value=0.0).ratio is None


@pytest.mark.parametrize("value, text", [(0, "0"), (0.0421, "0.042"), (3.14159, "3.14"), (46.42, "46.4"),
                                         (1500.4, "1500")])
def test_numbers_have_the_digits_that_count(value, text):
    assert number(value) == text


def test_json_is_one_line_a_figure_and_nothing_else():
    lines, notes = [], []
    report = Report(True, lines.append, notes.append)
    report.note("talk")
    report.add(Figure("calls_per_s", "calls", 1500, "/s", 1000, lower=False, peer_value=250))
    assert [json.loads(line) for line in lines] == [
        {"name": "calls_per_s", "value": 1500, "unit": "/s", "goal": 1000, "met": True, "peer": PEER,
         "peer_value": 250}]
    assert notes == ["talk"]


def test_the_table_has_a_heading_and_columns_in_line():
    lines = []
    report = Report(False, lines.append, None)
    report.add(Figure("a", "one", 1, "ms", 2, peer_value=4))
    report.add(Figure("b", "two", 300, "calls", 600, lower=False))
    heading, one, two = lines
    assert one.index("1.00") + 4 == heading.index("value") + 5
    assert one.rstrip().endswith("0.25") and len(one) == len(heading)
    assert " NO" in two


def test_a_name_may_be_used_once():
    report = Report(True, lambda line: None, None)
    report.add(Figure("a", "A", 1, "ms"))
    with pytest.raises(ValueError, match="a was measured twice"):
        report.add(Figure("a", "A", 2, "ms"))


# ---- the document -------------------------------------------------------------------


def table():
    figures = [Figure("good_ms", "good", 1, "ms", 2), Figure("bad_ms", "bad", 3, "ms", 2, peer_value=1)]
    return markdown(figures, "a machine", (0.1, 0.2))


def test_the_table_replaces_only_itself():
    text = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    new = replace_table(text, table())
    assert new.startswith("before\n") and new.endswith("\nafter\n") and "old" not in new
    assert "| `bad_ms` | bad | 3.00 | ms | <= 2 | NO | 1.00 | 3.00 |" in new
    assert replace_table(new, table()) == new


def test_a_document_without_marks_is_refused():
    with pytest.raises(ValueError, match="no <!-- bench: begin -->"):
        replace_table("nothing", table())


def test_what_misses_its_goal_must_be_explained():
    assert unexplained(f"{table()}\n") == ["bad_ms"]
    assert unexplained(f"{table()}\n`bad_ms`: because.\n") == []


def test_the_document_explains_what_misses():
    assert unexplained(DOCUMENT.read_text()) == []


# ---- verdicts -----------------------------------------------------------------------


RATE_RUN = {"failed": 0, "retransmissions": 0, "drain_ms": 20}
HOLD_RUN = {"calls": 10, "failed": 0, "seconds": 4.0, "packets": 2000, "fewest": 198, "pauses": 0,
            "sounding": 2000}


@pytest.mark.parametrize("change", [{"failed": 1}, {"retransmissions": 1}, {"drain_ms": 1001}])
def test_a_rate_with_any_trouble_is_not_well(change):
    assert all_well(RATE_RUN)
    assert not all_well({**RATE_RUN, **change})


@pytest.mark.parametrize("change", [{"failed": 1}, {"packets": 1979}, {"fewest": 189}, {"pauses": 12},
                                    {"sounding": 1899}])
def test_calls_that_suffer_are_not_held(change):
    assert held(HOLD_RUN)
    assert not held({**HOLD_RUN, **change})


def test_the_highest_step_is_tried_twice_and_ends_the_search():
    tried = []

    def attempt(step):
        tried.append(step)
        # 200 fails once by chance, 300 always.
        return step == 100 or step == 200 and tried.count(200) == 2, f"run {step}"
    assert highest((100, 200, 300, 400), attempt) == (200, "run 200")
    assert tried == [100, 200, 200, 300, 300]


def test_no_step_at_all():
    assert highest((100,), lambda step: (False, None)) == (0, None)


# ---- measuring ----------------------------------------------------------------------


def test_processor_time_is_that_of_the_process():
    before = time.process_time()
    read = measure.cpu_seconds(os.getpid())
    assert before <= read <= time.process_time()


def test_memory_of_a_process():
    resident, proportional = measure.memory_mb(os.getpid())
    assert resident >= proportional > 1


def test_a_budget_that_is_used_up_allows_nothing():
    assert measure.Budget(1000).allows(10)
    assert not measure.Budget(5).allows(10)


def test_delays_are_read_from_chirps():
    said = tones.chirps(8, 1.0, RATE)
    late = int(0.0728 * RATE)
    heard = np.concatenate([np.zeros(late), said[:-late]]) * 0.5
    found = delay.delays(said, heard, RATE, 1.0, settle=3.0)
    assert len(found) == 5  # at 3, 4, 5, 6 and 7 s
    assert all(abs(value - 0.0728) < 0.001 for value in found)


def test_one_way_of_a_round_trip():
    # There and back at once: 20 ms of echo, and the frame of the speaker.
    assert delay.mouth_to_ear(0.020) == pytest.approx(0.020)
    assert delay.mouth_to_ear(0.060) == pytest.approx(0.040)


# ---- packets and speech -------------------------------------------------------------


@pytest.mark.parametrize("payload, kind", [
    (b"\x00\x01" + bytes(18), "stun"), (b"\x16\xfe\xff" + bytes(20), "dtls"), (b"\x80\x60" + bytes(10), "rtp"),
    (b"\x90\xe0" + bytes(10), "rtp"), (b"\x80\xc8" + bytes(10), "rtcp"), (b"\x81\xcf" + bytes(10), "rtcp"),
    (b"INVITE sip:a@b SIP/2.0", "other"), (b"\x80\x60", "other"), (b"", "other")])
def test_packets_are_told_apart(payload, kind):
    assert wire.kind_of(payload) == kind


def test_udp_is_found_behind_options_and_nothing_else_is():
    udp = b"\0" * 8 + b"payload"
    assert wire.udp_payload(bytes([0x45]) + bytes(8) + bytes([17]) + bytes(10) + udp) == b"payload"
    assert wire.udp_payload(bytes([0x46]) + bytes(8) + bytes([17]) + bytes(14) + udp) == b"payload"
    assert wire.udp_payload(bytes([0x45]) + bytes(8) + bytes([6]) + bytes(10) + udp) == b""


def rtp_from(source):
    return b"\x80\x60" + bytes(6) + source


def test_a_call_is_heard_when_its_second_end_is():
    steps = wire.Steps()
    steps.note("stun", 1.0, b"")
    steps.note("stun", 1.5, b"")
    steps.note("dtls", 2.0, b"")
    steps.note("dtls", 2.5, b"")
    for at, source in ((3.0, b"aaaa"), (3.1, b"aaaa"), (3.2, b"bbbb"), (3.3, b"cccc")):
        steps.note("rtp", at, rtp_from(source))
    assert (steps.first_check, steps.first_dtls, steps.last_dtls) == (1.0, 2.0, 2.5)
    assert (steps.heard(1), steps.heard(2), steps.heard(4)) == (3.0, 3.2, None)


def with_holes(samples, share):
    """Packets of 20 ms lost, and nothing in their place."""
    dice, out = np.random.default_rng(1), samples.copy()
    for start in range(0, len(out), RATE // 50):
        if dice.random() < share:
            out[start:start + RATE // 50] = 0
    return out


def test_speech_that_is_late_or_quiet_is_understood():
    said = tones.speech_like(8)
    assert speech.intelligibility(said, said) == pytest.approx(1, abs=0.005)
    late = np.concatenate([np.zeros(int(0.2 * RATE)), said[:4 * RATE], np.zeros(int(0.06 * RATE)), said[4 * RATE:]])
    assert speech.intelligibility(said, 0.3 * late) > 0.97
    assert speech.intelligibility(said, said[RATE:]) > 0.8  # one second of eight is missing


def test_what_is_lost_is_not_understood():
    said = tones.speech_like(8)
    found = [speech.intelligibility(said, with_holes(said, share)) for share in (0, 0.05, 0.1, 0.2, 0.5)]
    assert found == sorted(found, reverse=True) and found[0] - found[3] > 0.05
    noise = np.random.default_rng(2).standard_normal(len(said))
    assert speech.intelligibility(said, noise) < found[4]


def test_other_rates_keep_the_sound():
    tone = tones.tone(1000, 1, 8000)
    assert tones.dominant(speech.resampled(tone, 8000, RATE), RATE) == pytest.approx(1000, abs=5)
    assert tones.dominant(speech.resampled(tones.tone(1000, 1, RATE), RATE, 8000), 8000) == pytest.approx(1000, abs=5)


def test_quantiles():
    values = list(range(1, 101))
    assert [importlib.import_module("bench.sections.setup").quantile(values, share) for share in (0.5, 0.99, 1)] == \
        [51, 100, 100]


# ---- the parts ----------------------------------------------------------------------


@pytest.mark.parametrize("part", PARTS)
def test_each_part_says_how_long_it_takes(part):
    module = importlib.import_module(f"bench.sections.{part}")
    assert module.SECONDS > 0 and callable(module.run) and module.__doc__


class FakeBench:
    def __init__(self, seconds):
        self.budget, self.notes = measure.Budget(seconds), []
        self.note = self.notes.append


def test_a_part_that_breaks_down_is_said(monkeypatch):
    def broken(_):
        raise RuntimeError("no such luck")
    monkeypatch.setattr(importlib.import_module("bench.sections.api"), "run", broken)
    bench = FakeBench(1000)
    assert run_part(bench, "api") is False
    assert bench.notes == ["api has failed: RuntimeError: no such luck"]


def test_a_part_without_time_is_left_out():
    bench = FakeBench(1)
    assert run_part(bench, "media") is False
    assert bench.notes == ["media: left out, the time is used up"]


@pytest.fixture(name="reflector")
def fixture_reflector(tmp_path):
    ports = Ports()
    with Reflector(tmp_path, ports) as subject:
        yield subject
    ports.close()


def test_the_generator_against_its_own_answerer(tmp_path, reflector):
    result = Generator(tmp_path).rate(reflector, 50, 1)
    assert result["calls"] == 50 and result["failed"] == 0, result
    assert result["cpu_ms_per_call"] > 0


def test_the_generator_counts_what_comes_back(tmp_path, reflector):
    result = Generator(tmp_path).hold(reflector, 3, "pcmu", False, 1, warm_up=1)
    assert result["calls"] == 3 and result["failed"] == 0, result
    assert 0 < result["fewest"] and result["packets"] >= 3 * result["fewest"]
    assert result["sounding"] == result["packets"]
    assert result["cpu_percent"] > 0


def test_the_generator_waits_for_the_first_packet(tmp_path, reflector):
    result = Generator(tmp_path).first_rtp(reflector, 5)
    assert result["failed"] == 0 and 0 < result["first_rtp_p50_ms"] <= result["first_rtp_p99_ms"], result


def test_calls_that_nobody_answers_have_failed(tmp_path):
    class Nobody:
        port, user, pid = 9, "echo", os.getpid()
    result = Generator(tmp_path)._last("first-rtp", Nobody, 30, "--calls", 1)
    assert result["failed"] == 1


