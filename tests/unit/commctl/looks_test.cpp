// What people see: lines, tables, words, the report, the live view.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "clients/client/escape.h"
#include "clients/commctl/event_text.h"
#include "clients/commctl/line.h"
#include "clients/commctl/output.h"
#include "clients/commctl/report.h"
#include "clients/commctl/view.h"
#include "clients/commctl/words.h"

namespace commd::commctl {
namespace {

using client::display_width;
using testing::HasSubstr;
using testing::Not;

v1::Call some_call() {
  v1::Call call;
  call.set_id("4f2a");
  call.set_account("alice@example.org");
  call.set_direction(v1::Call::DIRECTION_OUTGOING);
  call.set_state(v1::Call::STATE_ACTIVE);
  call.mutable_remote()->set_address("sip:bob@example.org");
  call.mutable_remote()->set_display_name("Bob");
  call.mutable_create_time()->set_seconds(1000);
  call.mutable_answer_time()->set_seconds(1002);
  call.set_codec("opus/48000");
  call.mutable_security()->set_level(v1::CallSecurity::LEVEL_ENCRYPTED);
  call.mutable_security()->set_mechanism("SDES");
  call.mutable_security()->set_suite("AES_CM_128_HMAC_SHA1_80");
  return call;
}

v1::CallStats some_stats() {
  v1::CallStats stats;
  stats.set_mos(4.2);
  stats.set_round_trip_ms(12);
  stats.set_mouth_to_ear_ms(48);
  stats.mutable_sent()->set_packets(100);
  stats.mutable_sent()->set_level_dbov(-30);
  stats.mutable_received()->set_packets(98);
  stats.mutable_received()->set_packets_lost(2);
  stats.mutable_received()->set_loss_ratio(0.02);
  stats.mutable_received()->set_level_dbov(-60);
  return stats;
}

std::string text_of(const std::vector<Line>& lines) {
  std::string text;
  for (const Line& line : lines) text += render(line, Colour::off) + "\n";
  return text;
}

TEST(Looks, ProseIsBrokenBetweenWords) {
  const Line line = {{"The far end says"}, {" nothing that helps", Style::bad}, {"  [SILENT]"}};
  EXPECT_EQ(text_of(wrap(line, 20, 2)), "The far end says\n  nothing that helps\n  [SILENT]\n");
  EXPECT_EQ(text_of(wrap(line, unlimited, 2)), "The far end says nothing that helps  [SILENT]\n");
  EXPECT_EQ(text_of(wrap({{"        deep"}}, 5, 8)), "        deep\n");
  EXPECT_EQ(text_of(wrap({{"of averylongwordthatfitsnowhere"}}, 10, 2)),
            "of\n  averylongwordthatfitsnowhere\n");
  EXPECT_EQ(text_of(wrap({}, 10, 2)), "\n");
}

TEST(Render, EscapesEverySpan) {
  EXPECT_EQ(render({{"a\x1b[31m"}, {"b\n", Style::bad}}, Colour::off), "a\\x1b[31mb\\n");
  EXPECT_EQ(render({{"a\x1b"}, {"b", Style::bad}}, Colour::on), "a\\x1b\x1b[31mb\x1b[0m");
}

TEST(Render, CutsToTheWidth) {
  const Line line = {{"漢字"}, {"abc", Style::good}, {"def"}};
  EXPECT_EQ(render(line, Colour::off, 10), "漢字abcdef");
  EXPECT_EQ(render(line, Colour::off, 9), "漢字abcd…");
  EXPECT_EQ(render(line, Colour::off, 7), "漢字ab…");
  for (size_t columns = 1; columns < 12; ++columns)
    EXPECT_LE(display_width(render(line, Colour::off, columns)), columns);
}

TEST(Tables, FitTheTerminal) {
  Table table;
  table.header = {"ID", "WITH", "STATE"};
  table.flexible = 1;
  table.rows = {{{"4f2a"}, {"A very long name <sip:long@example.org>"}, {"active"}},
                {{"77"}, {"b\x1b"}, {"held"}}};
  for (const Line& line : layout(table, 40)) EXPECT_LE(width_of(line), 40u);
  const std::string wide = text_of(layout(table, unlimited));
  EXPECT_THAT(wide, HasSubstr("4f2a  A very long name <sip:long@example.org>  active"));
  EXPECT_THAT(wide, HasSubstr("b\\x1b"));
}

TEST(Words, ComeFromTheEnums) {
  EXPECT_EQ(word_of(v1::Call::STATE_ACTIVE), "active");
  EXPECT_EQ(word_of(static_cast<v1::Call::State>(99)), "99");
  EXPECT_THAT(enum_words(*v1::AccountSettings::AutoAnswer_descriptor()),
              testing::ElementsAre("never", "contacts", "always"));
}

TEST(Words, EveryEndReasonHasItsOwn) {
  const auto& type = *v1::Call::EndReason_descriptor();
  for (int i = 0; i < type.value_count(); ++i) {
    v1::Call call;
    call.set_end_reason(static_cast<v1::Call::EndReason>(type.value(i)->number()));
    EXPECT_THAT(end_text(call), Not(HasSubstr("_"))) << type.value(i)->name();
    EXPECT_FALSE(end_text(call).empty());
  }
}

TEST(Words, MediaThatIsRefusedIsNotAlwaysACodec) {
  v1::Call call;
  call.set_end_reason(v1::Call::END_REASON_INCOMPATIBLE_MEDIA);
  call.set_end_sip_code(488);
  call.set_end_text("Encryption Required");
  EXPECT_EQ(end_text(call), "no media in common (488 Encryption Required)");
}

TEST(Words, SecurityIsNeverBetterThanTheTruth) {
  v1::CallSecurity security;
  security.set_level(v1::CallSecurity::LEVEL_KEY_EXPOSED);
  EXPECT_THAT(security_text(security), HasSubstr("exposed"));
  EXPECT_THAT(security_text(security), Not(HasSubstr("encrypted")));
  EXPECT_NE(style_of(security), Style::good);
  security.set_level(v1::CallSecurity::LEVEL_NONE);
  EXPECT_EQ(security_text(security), "not encrypted");
  security.set_level(static_cast<v1::CallSecurity::Level>(77));
  EXPECT_THAT(security_text(security), Not(HasSubstr("encrypted")));
}

TEST(Words, CodecsAndScores) {
  EXPECT_EQ(codec_text("opus/48000"), "opus 48 kHz");
  EXPECT_EQ(codec_text("PCMU/8000"), "PCMU 8 kHz");
  EXPECT_EQ(codec_text("odd"), "odd");
  EXPECT_EQ(codec_text("odd/x"), "odd/x");
  EXPECT_EQ(mos_word(4.4), "excellent");
  EXPECT_EQ(mos_word(1.2), "bad");
  EXPECT_EQ(mos_word(0), "");
}

TEST(Report, SaysAllThatMatters) {
  v1::Call call = some_call();
  call.set_state(v1::Call::STATE_ENDED);
  call.mutable_end_time()->set_seconds(1062);
  call.set_end_reason(v1::Call::END_REASON_HUNG_UP);
  call.set_ended_by(v1::Call::ENDED_BY_REMOTE);
  const std::string text = text_of(report_lines(call, some_stats()));
  for (const char* part : {"Bob <sip:bob@example.org>", "1 m 00 s, answered after 2.0 s",
                           "opus 48 kHz", "encrypted", "SDES", "48.0 ms mouth to ear", "12.0 ms",
                           "2.0 % received", "MOS", "4.20 (good)", "hung up by the far end"})
    EXPECT_THAT(text, HasSubstr(part));
}

TEST(Report, OfACallThatWasNotAnswered) {
  v1::Call call = some_call();
  call.clear_answer_time();
  call.set_end_reason(v1::Call::END_REASON_BUSY);
  call.set_end_sip_code(486);
  call.set_end_text("Busy\x1b Here");
  call.mutable_end_time()->set_seconds(1003);
  const std::string text = text_of(report_lines(call, {}));
  EXPECT_THAT(text, HasSubstr("not answered"));
  EXPECT_THAT(text, HasSubstr("busy (486 Busy\\x1b Here)"));
  EXPECT_THAT(text, Not(HasSubstr("MOS")));
}

TEST(Report, JsonIsOneObject) {
  const std::string text = report_json(some_call(), some_stats());
  EXPECT_THAT(text, HasSubstr("\"id\":\"4f2a\""));
  EXPECT_THAT(text, HasSubstr(",\"stats\":{\"call\":\"\""));
  EXPECT_TRUE(text.ends_with("}}"));
  EXPECT_EQ(text.find('\n'), std::string::npos);
}

TEST(Json, KeepsTheNamesPrintsDefaultsAndDisarmsControls) {
  v1::Call call;
  call.mutable_remote()->set_display_name("\x1b\u202e\u009b");
  const std::string text = json_of(call);
  EXPECT_THAT(text, HasSubstr("\"held_by_local\":false"));
  EXPECT_THAT(text, HasSubstr("\\u001b\\u202e\\u009b"));
}

TEST(Meter, GrowsWithTheLevel) {
  EXPECT_EQ(meter(-60, 10, Symbols::ascii), "..........");
  EXPECT_EQ(meter(-30, 10, Symbols::ascii), "#####.....");
  EXPECT_EQ(meter(0, 10, Symbols::ascii), "##########");
  EXPECT_EQ(meter(-127, 4, Symbols::ascii), "....");
  for (double level = -130; level < 10; level += 0.7)
    EXPECT_EQ(display_width(meter(level, 13, Symbols::unicode)), 13u);
}

class Views : public testing::Test {
 protected:
  View view(size_t columns) {
    View view;
    view.call = &call_;
    view.stats = &stats_;
    view.columns = columns;
    view.now.set_seconds(1002 + 83);
    return view;
  }

  v1::Call call_ = some_call();
  v1::CallStats stats_ = some_stats();
};

TEST_F(Views, ShowStateTimerCodecLockLevelsAndQuality) {
  const std::string text = text_of(view_lines(view(79)));
  for (const char* part : {"Bob <sip:bob@example.org>", "active", "01:23", "opus 48 kHz", "🔒",
                           "encrypted", "you", "them", "-30 dB", "MOS 4.2", "loss 2.0 %", "m mute"})
    EXPECT_THAT(text, HasSubstr(part));
}

TEST_F(Views, EveryLineFitsFromEightyColumnsDownToForty) {
  v1::Call other = some_call();
  other.set_direction(v1::Call::DIRECTION_INCOMING);
  for (size_t columns = 40; columns <= 120; ++columns) {
    View shown = view(columns);
    shown.ringing = {&other, &other};
    for (const Line& line : view_lines(shown)) {
      // Only free text may be longer: the drawing cuts it.
      if (line.size() > 1 || line.front().style == Style::dim) {
        const std::string text = render(line, Colour::off);
        const size_t blanks = text.size() - text.find_last_not_of(' ') - 1;
        EXPECT_LE(width_of(line) - blanks, columns) << text;
      }
    }
  }
}

TEST_F(Views, DoNotNeedMoreThanAscii) {
  View shown = view(79);
  shown.symbols = Symbols::ascii;
  const std::string text = text_of(view_lines(shown));
  EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) { return c > 0; })) << text;
}

TEST_F(Views, ShowMuteHoldAndTheAddressBeingTyped) {
  call_.set_muted(true);
  call_.set_held_by_local(true);
  call_.set_state(v1::Call::STATE_HELD);
  View shown = view(79);
  EXPECT_THAT(text_of(view_lines(shown)), HasSubstr("held by you, muted"));
  EXPECT_THAT(text_of(view_lines(shown)), HasSubstr("m unmute  h resume"));
  shown.prompt = "Transfer to: bo";
  EXPECT_THAT(text_of(view_lines(shown)), HasSubstr("Transfer to: bo"));
  EXPECT_THAT(text_of(view_lines(shown)), Not(HasSubstr("m unmute")));
}

// Until the answer nothing is known of encryption, and there is nothing to hold.
TEST_F(Views, ClaimNothingOfACallThatRings) {
  call_.set_state(v1::Call::STATE_RINGING);
  call_.clear_answer_time();
  call_.clear_codec();
  call_.mutable_security()->set_level(v1::CallSecurity::LEVEL_NONE);
  const std::string text = text_of(view_lines(view(79)));
  EXPECT_THAT(text, HasSubstr("no sound yet"));
  EXPECT_THAT(text, HasSubstr("m mute  q hang up"));
  EXPECT_THAT(text, Not(HasSubstr("encrypted")));
  EXPECT_THAT(text, Not(HasSubstr("hold")));
}

TEST_F(Views, KeepWhatMattersInFewRows) {
  v1::Call caller = some_call();
  View shown = view(59);
  shown.ringing = {&caller};
  shown.message = "Sent 5";
  const size_t all = view_lines(shown).size();
  for (size_t rows = 1; rows <= all; ++rows) {
    shown.rows = rows;
    EXPECT_EQ(view_lines(shown).size(), rows);
  }
  shown.rows = 2;
  EXPECT_THAT(text_of(view_lines(shown)), HasSubstr("active"));
  EXPECT_THAT(text_of(view_lines(shown)), HasSubstr("a answer  d decline"));
  shown.rows = all - 1;
  EXPECT_THAT(text_of(view_lines(shown)), HasSubstr("MOS"));
  EXPECT_THAT(text_of(view_lines(shown)), Not(HasSubstr("q hang up")));
}

TEST(Party, OfTheFarEndFillsNoScreen) {
  v1::Party party;
  party.set_address("sip:" + std::string(900, 'x') + "@example.org");
  for (int i = 0; i < 300; ++i) *party.mutable_display_name() += "漢\x1b";
  const std::string text = party_text(party);
  EXPECT_LT(display_width(text), 200u);
  EXPECT_TRUE(client::is_utf8(text));
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << "what is cut is escaped first";
  party.set_display_name("Zoë");
  party.set_address("sip:z@x");
  EXPECT_EQ(party_text(party), "Zoë <sip:z@x>");
}

TEST(Words, ATransferThatFailedSaysWhy) {
  v1::TransferStatus transfer;
  transfer.set_target("sip:carol@x");
  transfer.set_state(v1::TransferStatus::STATE_ACCEPTED);
  transfer.set_sip_code(202);
  EXPECT_EQ(transfer_text(transfer), "Transfer to sip:carol@x: accepted");
  transfer.set_state(v1::TransferStatus::STATE_FAILED);
  transfer.set_sip_code(603);
  transfer.set_text("Decline");
  EXPECT_EQ(transfer_text(transfer), "Transfer to sip:carol@x: failed (603 Decline)");
}

TEST(EventLines, NameWhatHappened) {
  v1::Event event;
  *event.mutable_call_changed() = some_call();
  EXPECT_THAT(render(event_line(event, {}), Colour::off), HasSubstr("call 4f2a  active  to Bob"));
  event.mutable_notice()->set_reason("TEST_NOTICE");
  event.mutable_notice()->set_message("words\n");
  EXPECT_THAT(render(event_line(event, {}), Colour::off), HasSubstr("TEST_NOTICE  words\\n"));
  event.clear_notice();
  EXPECT_THAT(render(event_line(event, {}), Colour::off), HasSubstr("does not know"));
}

}  // namespace
}  // namespace commd::commctl
