// Each rule: what is known of a call, and the word for it.
#include "daemon/core/explain.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace commd::core {
namespace {

using model::CallState;
using model::EndReason;
using model::Finding;
using Severity = Finding::Severity;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A call that is well, for ten seconds.
CallFacts well() {
  CallFacts facts;
  facts.call.state = CallState::active;
  facts.call.answer_time = base::WallTime(seconds(1000));
  facts.call.codec = "PCMU/8000";
  facts.ours.known = facts.theirs.known = true;
  facts.theirs.rtp = {"198.51.100.7", 4000};
  facts.signalling_peer_ip = "198.51.100.7";
  facts.since_answer = facts.since_usable = seconds(10);
  model::MediaStats& stats = facts.stats.emplace();
  stats.received.packets = stats.sent.packets = 500;
  stats.since_last_packet = milliseconds(20);
  stats.sent.level_dbov = stats.received.level_dbov = -30;
  stats.local_address = "192.0.2.1:20000";
  stats.remote_address = "198.51.100.7:4000";
  stats.evidence.reports = 2;
  stats.evidence.heard = true;
  stats.evidence.first_sent = stats.evidence.first_received = seconds(10);
  stats.evidence.last_report = seconds(1);
  stats.evidence.sent_peak_dbov = stats.evidence.received_peak_dbov = -20;
  return facts;
}

// Nothing comes, not even a report.
CallFacts deaf() {
  CallFacts facts = well();
  facts.stats->received.packets = 0;
  facts.stats->since_last_packet = base::Duration(-1);
  facts.stats->evidence.reports = 0;
  facts.stats->evidence.heard = false;
  facts.stats->evidence.first_received = facts.stats->evidence.last_report = base::Duration(-1);
  return facts;
}

CallFacts over(EndReason reason, model::EndedBy by = model::EndedBy::remote,
               model::EndDetail detail = {}) {
  CallFacts facts;
  facts.call.state = CallState::ended;
  facts.call.end_reason = reason;
  facts.call.ended_by = by;
  facts.call.end_detail = std::move(detail);
  return facts;
}

CallFacts failed(const std::string& reason, std::map<std::string, std::string> details = {}) {
  CallFacts facts = over(EndReason::media_failed, model::EndedBy::daemon, {0, {}, "words"});
  facts.call.answer_time = base::WallTime(seconds(1000));
  facts.since_answer = seconds(30);
  facts.media_error = base::Error{base::Code::unavailable, reason, "words", std::move(details)};
  facts.our_candidates = {2, 1, 0};
  facts.their_candidates = {1, 0, 0};
  return facts;
}

std::string first(const CallFacts& facts) {
  const auto findings = explain(facts);
  EXPECT_FALSE(findings.empty());
  for (const Finding& finding : findings) {
    EXPECT_FALSE(finding.text.empty());
    EXPECT_TRUE(finding.severity != Severity::problem || !finding.advice.empty())
        << finding.code << " has no remedy";
  }
  return findings.empty() ? "" : findings.front().code;
}

bool says(const CallFacts& facts, const std::string& code) {
  const auto findings = explain(facts);
  return std::any_of(findings.begin(), findings.end(),
                     [&](const auto& f) { return f.code == code; });
}

std::string silence(const CallFacts& facts) {
  const auto why = why_silent(facts);
  return why ? why->code : "";
}

TEST(Explain, ACallThatIsWellIsSaidToBe) {
  EXPECT_EQ(first(well()), "SOUND_BOTH_WAYS");
  EXPECT_EQ(silence(well()), "");
}

TEST(Explain, WhatDoesNotCome) {
  EXPECT_EQ(first(deaf()), "NOTHING_RECEIVED");
  EXPECT_EQ(silence(deaf()), "NOTHING_RECEIVED");

  CallFacts facts = deaf();
  facts.theirs.rtp.ip = "192.168.1.20";
  EXPECT_EQ(first(facts), "PRIVATE_ADDRESS");
  facts.signalling_peer_ip = "192.168.1.1";
  EXPECT_EQ(first(facts), "NOTHING_RECEIVED") << "they are neighbours";

  facts = deaf();
  facts.stats->evidence.reports = 2;
  facts.stats->evidence.heard = true;
  facts.stats->evidence.last_report = seconds(1);
  EXPECT_EQ(first(facts), "FAR_END_SENDS_NOTHING");

  facts = deaf();
  facts.since_usable = seconds(1);
  EXPECT_EQ(first(facts), "JUST_CONNECTED");
}

TEST(Explain, WhatComesAndIsOfNoUse) {
  CallFacts facts = deaf();
  facts.stats->evidence.elsewhere = 100;
  facts.stats->evidence.elsewhere_address = "203.0.113.9:777";
  EXPECT_EQ(first(facts), "OTHER_ADDRESS");
  EXPECT_NE(explain(facts).front().text.find("203.0.113.9:777"), std::string::npos);
  EXPECT_NE(explain(facts).front().text.find("198.51.100.7:4000"), std::string::npos);
  facts.stats->evidence.unknown_format = 100;
  facts.stats->evidence.unknown_payload_type = 18;
  EXPECT_EQ(first(facts), "UNEXPECTED_CODEC");
  EXPECT_NE(explain(facts).front().text.find("18"), std::string::npos);
  facts.stats->evidence.undecipherable = 100;
  EXPECT_EQ(first(facts), "WRONG_KEYS");
}

TEST(Explain, WhatComesAndIsSilent) {
  CallFacts facts = well();
  facts.stats->evidence.received_peak_dbov = -127;
  EXPECT_EQ(first(facts), "FAR_END_SILENT");
  facts.stats->evidence.received_peak_dbov = -72;  // silence of A-law
  EXPECT_EQ(silence(facts), "FAR_END_SILENT");
  facts = well();
  facts.stats->received.level_dbov = -127;
  EXPECT_EQ(first(facts), "FAR_END_SILENT") << "it was heard before";
  EXPECT_EQ(silence(facts), "") << "that may be a pause";
  facts.stats->since_last_packet = seconds(1);
  EXPECT_EQ(first(facts), "SOUND_BOTH_WAYS") << "nothing is known of now";
  facts.call.state = CallState::ended;
  EXPECT_FALSE(says(facts, "FAR_END_SILENT")) << "who hangs up says nothing more";
  facts = well();
  facts.stats->since_last_packet = seconds(8);
  EXPECT_EQ(first(facts), "SOUND_STOPPED");
}

TEST(Explain, WhatDoesNotArriveThere) {
  CallFacts facts = well();
  facts.stats->evidence.heard = false;
  EXPECT_EQ(first(facts), "NOT_HEARD");
  EXPECT_EQ(silence(facts), "NOT_HEARD");
  facts.stats->evidence.last_report = milliseconds(9'500);
  EXPECT_EQ(first(facts), "SOUND_BOTH_WAYS") << "the report is from before we had sent much";
  facts.stats->evidence.reports = 0;
  EXPECT_EQ(first(facts), "SOUND_BOTH_WAYS") << "who never reports tells nothing";

  facts = well();
  facts.stats->sent.loss_ratio = 1;
  EXPECT_EQ(first(facts), "NOT_HEARD");

  facts = well();
  facts.stats->evidence.send_errors = 400;
  facts.stats->evidence.send_error = "Network is unreachable";
  facts.stats->evidence.last_send_error = milliseconds(20);
  EXPECT_EQ(first(facts), "CANNOT_SEND");
  EXPECT_NE(explain(facts).front().text.find("Network is unreachable"), std::string::npos);

  facts = well();
  facts.stats->sent.packets = 0;
  facts.stats->evidence.first_sent = base::Duration(-1);
  EXPECT_EQ(first(facts), "NOTHING_SENT");
}

TEST(Explain, TheMicrophoneHere) {
  CallFacts facts = well();
  facts.stats->evidence.sent_peak_dbov = -127;
  facts.call.capture.kind = model::AudioSource::Kind::device;
  EXPECT_EQ(first(facts), "MICROPHONE_SILENT");
  facts.call.muted = true;
  EXPECT_EQ(first(facts), "MUTED");
  EXPECT_EQ(silence(facts), "");
  facts.capture_trouble = {"it is not there"};
  EXPECT_EQ(first(facts), "CAPTURE_UNUSABLE");
  facts = well();
  facts.playback_trouble = {"it is not there"};
  EXPECT_EQ(first(facts), "PLAYBACK_UNUSABLE");
  facts = well();
  facts.call.capture.kind = model::AudioSource::Kind::none;
  EXPECT_FALSE(says(facts, "NO_CAPTURE")) << "something is heard all the same: a file plays";
  facts.stats->sent.level_dbov = -127;
  EXPECT_TRUE(says(facts, "NO_CAPTURE"));
  EXPECT_EQ(silence(facts), "");
  facts.call.playing = true;
  EXPECT_FALSE(says(facts, "NO_CAPTURE")) << "it pauses";
  facts.call.playing = false;
  facts.call.state = CallState::ended;
  EXPECT_FALSE(says(facts, "NO_CAPTURE")) << "a file was heard";
  facts.stats->evidence.sent_peak_dbov = -127;
  EXPECT_TRUE(says(facts, "NO_CAPTURE"));
}

TEST(Explain, WhatComesIsPlayedNowhere) {
  CallFacts facts = well();
  EXPECT_FALSE(says(facts, "PLAYBACK_NONE"));
  facts.call.playback.kind = model::AudioSink::Kind::none;
  EXPECT_EQ(first(facts), "SOUND_BOTH_WAYS") << "that stands beside";
  EXPECT_TRUE(says(facts, "PLAYBACK_NONE"));
  EXPECT_EQ(silence(facts), "");
  facts.call.answer_time = {};
  EXPECT_FALSE(says(facts, "PLAYBACK_NONE")) << "nothing comes yet";
}

TEST(Explain, SilenceThatWasAgreedOnIsNoFault) {
  CallFacts facts = deaf();
  facts.call.held_remote = true;
  EXPECT_EQ(first(facts), "HELD_BY_FAR_END");
  EXPECT_EQ(silence(facts), "");
  facts = deaf();
  facts.call.held_local = true;
  EXPECT_EQ(first(facts), "HELD_HERE");
  EXPECT_EQ(silence(facts), "");
  facts.call.held_remote = true;
  EXPECT_TRUE(says(facts, "HELD_HERE"));
  EXPECT_TRUE(says(facts, "HELD_BY_FAR_END")) << "both must resume";
  facts = deaf();
  facts.theirs.direction = model::Direction::recv_only;
  EXPECT_TRUE(says(facts, "FAR_END_ONLY_LISTENS"));
  EXPECT_EQ(silence(facts), "");
  facts = well();
  facts.theirs.direction = model::Direction::send_only;
  facts.stats->evidence.heard = false;
  EXPECT_TRUE(says(facts, "FAR_END_ONLY_TALKS"));
  EXPECT_EQ(silence(facts), "");
}

TEST(Explain, Quality) {
  CallFacts facts = well();
  facts.stats->received.loss_ratio = 0.2;
  EXPECT_EQ(first(facts), "LOSS_HIGH");
  EXPECT_EQ(silence(facts), "") << "it is heard";
  facts = well();
  facts.stats->received.jitter_ms = 80;
  EXPECT_EQ(first(facts), "JITTER_HIGH");
  facts = well();
  facts.stats->packets_late = 50;
  EXPECT_EQ(first(facts), "JITTER_HIGH");
  facts = well();
  facts.stats->round_trip_ms = 900;
  EXPECT_EQ(first(facts), "DELAY_HIGH");
  facts = well();
  facts.stats->sent.loss_ratio = 0.2;
  EXPECT_EQ(first(facts), "LOSS_HIGH_TOWARDS");
}

TEST(Explain, NoWayWasFound) {
  EXPECT_EQ(first(failed("ICE_FAILED")), "NO_RELAY");
  CallFacts facts = failed("ICE_FAILED");
  facts.turn_servers = 1;
  facts.relays = {{"192.0.2.9:3478", "udp", "TURN_REFUSED"}};
  EXPECT_EQ(first(facts), "RELAY_REFUSED");
  EXPECT_NE(explain(facts).front().text.find("192.0.2.9:3478"), std::string::npos);
  facts.relays = {{"192.0.2.9:3478", "udp", "TURN_SILENT"}};
  EXPECT_EQ(first(facts), "RELAY_SILENT");
  facts.relays = {{"192.0.2.9:3478", "udp", "TURN_UNREACHABLE"}};
  EXPECT_EQ(first(facts), "RELAY_UNREACHABLE");
  facts.relays.push_back({"192.0.2.9:443", "tcp", ""});
  EXPECT_EQ(first(facts), "NO_PATH") << "another one had worked";
  facts.media_error.reset();
  facts.call.state = CallState::connecting;
  facts.ice_checking = true;
  EXPECT_EQ(first(facts), "NO_PATH_YET") << "it may still come";
  facts = failed("ICE_FAILED");
  facts.relays = {{"192.0.2.9:3478", "udp", "TURN_SILENT"},
                  {"192.0.2.9:3478", "tcp", "TURN_SILENT"}};
  EXPECT_EQ(first(facts), "RELAY_UNUSABLE");
  EXPECT_NE(explain(facts).front().advice.find("password"), std::string::npos) << "it may be that";
  facts = failed("ICE_FAILED");
  facts.their_candidates = {};
  EXPECT_EQ(first(facts), "NO_REMOTE_CANDIDATES");
  EXPECT_EQ(first(failed("ICE_CONSENT_LOST")), "CONSENT_LOST");
  EXPECT_EQ(first(failed("ICE_NO_ADDRESS")), "NO_LOCAL_ADDRESS");
  EXPECT_EQ(first(failed("RELAY_UNAVAILABLE")), "NO_RELAY");
  EXPECT_EQ(first(failed("NO_RTP_PORT")), "NO_MEDIA_PORT");
  EXPECT_EQ(first(failed("SOMETHING_NEW")), "MEDIA_FAILED");
}

TEST(Explain, AWayOrKeysThatAreLookedForInVain) {
  CallFacts facts = failed("");
  facts.media_error.reset();
  facts.call.state = CallState::connecting;
  facts.ice_checking = true;
  EXPECT_EQ(silence(facts), "NO_RELAY");
  facts.consent_lost = true;
  EXPECT_EQ(silence(facts), "CONSENT_LOST");
  facts.consent_lost = false;
  facts.moved = true;
  EXPECT_EQ(silence(facts), "NETWORK_CHANGED");
  facts.moved = false;
  facts.ice_connected = facts.keys_awaited = true;
  facts.keys_by = "DTLS";
  EXPECT_EQ(silence(facts), "DTLS_SILENT");
  facts.keys_by = "ZRTP";
  EXPECT_EQ(silence(facts), "ZRTP_SILENT");
  facts.stats.emplace().evidence.elsewhere = 3;
  EXPECT_EQ(silence(facts), "OTHER_ADDRESS");
  facts.keys_agreed = true;
  facts.confirmed = false;
  EXPECT_EQ(silence(facts), "ANSWER_NOT_CONFIRMED");
  facts.since_answer = seconds(1);
  EXPECT_EQ(silence(facts), "") << "it has just begun";
  EXPECT_EQ(first(facts), "CONNECTING");
}

TEST(Explain, KeysThatWereNotAgreedOn) {
  EXPECT_EQ(first(failed("FINGERPRINT_MISMATCH")), "FINGERPRINT_MISMATCH");
  EXPECT_EQ(first(failed("DTLS_TIMEOUT", {{"cause", "role_conflict"}})), "DTLS_ROLE_CONFLICT");
  EXPECT_EQ(first(failed("DTLS_TIMEOUT", {{"cause", "silence"}})), "DTLS_SILENT");
  EXPECT_EQ(first(failed("DTLS_TIMEOUT", {{"cause", "handshake"}})), "DTLS_FAILED");
  EXPECT_EQ(first(failed("DTLS_NO_SRTP")), "DTLS_NO_SRTP");
  EXPECT_EQ(first(failed("ZRTP_VERSION")), "ZRTP_VERSION");
  EXPECT_EQ(first(failed("ZRTP_SAME_END")), "ZRTP_SAME_END");
  EXPECT_EQ(first(failed("ZRTP_TIMEOUT", {{"cause", "silence"}})), "ZRTP_SILENT");
  EXPECT_EQ(first(failed("ZRTP_TIMEOUT", {{"cause", "hello_mismatch"}})), "ZRTP_HELLO_MISMATCH");
  EXPECT_EQ(first(failed("ZRTP_TIMEOUT", {{"cause", "tampered"}})), "ZRTP_TAMPERED");
  EXPECT_EQ(first(failed("ZRTP_TIMEOUT", {{"cause", "refused"}})), "ZRTP_FAILED");
}

TEST(Explain, SomebodyElseThanBefore) {
  CallFacts facts = well();
  facts.call.security.mismatch = true;
  EXPECT_EQ(first(facts), "ZRTP_MISMATCH");
  EXPECT_EQ(silence(facts), "") << "it is heard all the same";
}

TEST(Explain, MediaThatIsRefused) {
  CallFacts facts = over(EndReason::incompatible_media, model::EndedBy::remote, {488, {}, "No"});
  EXPECT_EQ(first(facts), "NO_COMMON_CODEC");
  EXPECT_NE(explain(facts).front().text.find("took nothing"), std::string::npos)
      << "it has not said why";
  facts.encryption = model::Encryption::required;
  EXPECT_EQ(first(facts), "ENCRYPTION_NOT_ACCEPTED");
  facts.call.end_detail.text = "Encryption Required";
  facts.encryption = model::Encryption::off;
  EXPECT_EQ(first(facts), "ENCRYPTION_REQUIRED");
  EXPECT_NE(explain(facts).front().advice.find("encryption=preferred"), std::string::npos);
  EXPECT_EQ(first(over(EndReason::encryption_required, model::EndedBy::daemon)),
            "ENCRYPTION_REQUIRED");
}

TEST(Explain, LessProtectionThatWasAskedFor) {
  CallFacts facts = well();
  facts.downgrade_refused = true;
  EXPECT_EQ(first(facts), "DOWNGRADE_REFUSED");
  EXPECT_EQ(explain(facts).front().severity, Severity::warning) << "the call is well";
  facts = over(EndReason::encryption_required, model::EndedBy::daemon);
  facts.downgrade_refused = true;
  facts.media_error = base::Error{base::Code::failed_precondition, "ENCRYPTION_REQUIRED", "", {}};
  EXPECT_EQ(first(facts), "DOWNGRADE_REFUSED");
  EXPECT_EQ(explain(facts).front().severity, Severity::problem);
}

TEST(Explain, EveryReasonHasItsWords) {
  for (int i = 1; i <= static_cast<int>(EndReason::internal_error); ++i) {
    const auto reason = static_cast<EndReason>(i);
    EXPECT_NE(first(over(reason)), "ENDED") << model::to_string(reason);
  }
  EXPECT_EQ(first(over(EndReason::busy)), "BUSY");
  EXPECT_EQ(first(over(EndReason::not_found)), "ADDRESS_NOT_FOUND");
  EXPECT_EQ(first(over(EndReason::timeout)), "NO_RESPONSE");
  CallFacts lost = over(EndReason::unreachable, model::EndedBy::network, {0, {}, "words"});
  for (const auto& [reason, code] :
       std::map<std::string, std::string>{{"DNS_FAILED", "NAME_NOT_FOUND"},
                                          {"NETWORK_DOWN", "NETWORK_DOWN"},
                                          {"TLS_REQUIRED", "TLS_REQUIRED"},
                                          {"ACCOUNT_OFFLINE", "ACCOUNT_OFFLINE"},
                                          {"CONNECTION_REFUSED", "SERVER_UNREACHABLE"}}) {
    lost.route_error = base::Error{base::Code::unavailable, reason, "words", {}};
    EXPECT_EQ(first(lost), code);
  }
  lost = over(EndReason::unreachable, model::EndedBy::network,
              {0, {}, "nobody answers at that address"});
  lost.call.remote.address = "sip:bob@192.0.2.7:5099";
  EXPECT_EQ(first(lost), "NOTHING_LISTENS");
  EXPECT_NE(explain(lost).front().text.find("192.0.2.7:5099"), std::string::npos);
  EXPECT_EQ(first(over(EndReason::unreachable, model::EndedBy::network,
                       {503, {}, "Service Unavailable"})),
            "SERVER_UNREACHABLE")
      << "a server said so";
  CallFacts offline = over(EndReason::unreachable, model::EndedBy::network, {0, {}, "no route"});
  offline.account_online = false;
  EXPECT_EQ(first(offline), "SERVER_UNREACHABLE");
  EXPECT_TRUE(says(offline, "ACCOUNT_OFFLINE"));
}

TEST(Explain, WhatHadStoppedBeforeTheEndIsStillSaid) {
  CallFacts facts = well();
  facts.stats->since_last_packet = milliseconds(37'146);
  EXPECT_NE(explain(facts).front().text.find("37 s ago"), std::string::npos);
  facts.call.state = CallState::ended;
  facts.call.end_reason = EndReason::hung_up;
  facts.call.ended_by = model::EndedBy::local;
  EXPECT_EQ(first(facts), "SOUND_STOPPED");
  EXPECT_NE(explain(facts).front().text.find("37 s before the call ended"), std::string::npos);
  EXPECT_TRUE(says(facts, "HUNG_UP"));
  facts.since_usable = seconds(1);
  EXPECT_EQ(first(facts), "HUNG_UP") << "it had been on hold until then";
  facts.since_usable = seconds(60);
  facts.call.end_reason = EndReason::media_lost;
  EXPECT_EQ(first(facts), "MEDIA_LOST");
  EXPECT_FALSE(says(facts, "SOUND_STOPPED")) << "once is enough";

  facts = well();
  facts.call.state = CallState::ended;
  facts.call.end_reason = EndReason::hung_up;
  facts.ice_checking = facts.ice_connected = facts.consent_lost = true;
  EXPECT_EQ(first(facts), "CONSENT_LOST");
  facts.consent_lost = false;
  EXPECT_EQ(first(facts), "HUNG_UP") << "there was another way";
}

TEST(Explain, AnAddressOfTheWrongKind) {
  CallFacts facts = over(EndReason::not_found, model::EndedBy::network, {416, {}, "Unsupported"});
  facts.call.remote.address = "sips:bob@example.org";
  EXPECT_EQ(first(facts), "SCHEME_REFUSED");
  EXPECT_NE(explain(facts).front().advice.find("transport=tls"), std::string::npos);
  EXPECT_EQ(first(over(EndReason::unreachable, model::EndedBy::network,
                       {0, {}, "no TLS for a sips: address"})),
            "TLS_REQUIRED")
      << "it is this end that has none";
  facts.call.remote.address = "tel:+15551234";
  EXPECT_EQ(first(facts), "SCHEME_REFUSED");
  EXPECT_NE(explain(facts).front().text.find("(tel:)"), std::string::npos);
}

TEST(Explain, WhatThisPersonHasDoneIsTheirs) {
  for (const EndReason reason :
       {EndReason::declined, EndReason::busy, EndReason::cancelled, EndReason::transferred}) {
    const auto mine = explain(over(reason, model::EndedBy::local)).front();
    EXPECT_TRUE(mine.text.starts_with("You ")) << mine.text;
    EXPECT_EQ(mine.advice, "") << mine.code;
    const auto theirs = explain(over(reason)).front();
    EXPECT_FALSE(theirs.text.starts_with("You ")) << theirs.text;
    EXPECT_EQ(mine.code, theirs.code);
  }
}

TEST(Explain, ACallThatRangOutWasNotAnswered) {
  for (const EndReason reason :
       {EndReason::unavailable, EndReason::timeout, EndReason::cancelled, EndReason::no_answer}) {
    CallFacts facts = over(reason, model::EndedBy::network, {480, {}, "Gone"});
    facts.rang = true;
    facts.rang_for = milliseconds(12'400);
    EXPECT_EQ(first(facts), "NO_ANSWER") << model::to_string(reason);
    EXPECT_EQ(explain(facts).front().text, "It rang for 12 s, and nobody answered (480 Gone).");
    facts.call.early_media = true;
    EXPECT_NE(explain(facts).front().text.find("announcement"), std::string::npos);
  }
  EXPECT_EQ(first(over(EndReason::unavailable)), "NOT_AVAILABLE") << "it never rang";
  CallFacts facts = over(EndReason::cancelled, model::EndedBy::local);
  facts.rang = true;
  EXPECT_EQ(first(facts), "CANCELLED") << "the caller did not wait";
  facts = over(EndReason::timeout, model::EndedBy::network);
  facts.rang = true;
  facts.call.answer_time = base::WallTime(seconds(1000));
  EXPECT_EQ(first(facts), "NO_RESPONSE") << "it was answered";
}

TEST(Explain, ASilentCallThatWasHungUpSaysBoth) {
  CallFacts facts = deaf();
  facts.call.state = CallState::ended;
  facts.call.end_reason = EndReason::hung_up;
  EXPECT_EQ(first(facts), "NOTHING_RECEIVED");
  EXPECT_TRUE(says(facts, "HUNG_UP"));
}

}  // namespace
}  // namespace commd::core
