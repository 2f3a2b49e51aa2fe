#include "daemon/api/convert.h"
#include "daemon/base/escape.h"

namespace commd::api {
namespace {

v1::Call::State state_of(model::CallState state) {
  switch (state) {
    case model::CallState::dialing:
      return v1::Call::STATE_DIALING;
    case model::CallState::ringing:
      return v1::Call::STATE_RINGING;
    case model::CallState::early:
      return v1::Call::STATE_EARLY;
    case model::CallState::connecting:
      return v1::Call::STATE_CONNECTING;
    case model::CallState::active:
      return v1::Call::STATE_ACTIVE;
    case model::CallState::held:
      return v1::Call::STATE_HELD;
    case model::CallState::ended:
      return v1::Call::STATE_ENDED;
  }
  return v1::Call::STATE_UNSPECIFIED;
}

// Both enums name the reasons in the same order.
static_assert(static_cast<int>(model::EndReason::internal_error) ==
              v1::Call::END_REASON_INTERNAL_ERROR);
static_assert(static_cast<int>(model::EndReason::transferred) == v1::Call::END_REASON_TRANSFERRED);
static_assert(static_cast<int>(model::EndedBy::daemon) == v1::Call::ENDED_BY_DAEMON);
static_assert(static_cast<int>(model::SecurityLevel::verified) + 1 ==
              v1::CallSecurity::LEVEL_VERIFIED);
static_assert(static_cast<int>(model::TransferStatus::State::failed) ==
              v1::TransferStatus::STATE_FAILED);

static_assert(static_cast<int>(model::Finding::Severity::problem) + 1 ==
              v1::Finding::SEVERITY_PROBLEM);
static_assert(static_cast<int>(model::TraceStep::Kind::device) + 1 == v1::TraceStep::KIND_DEVICE);

void to_proto(const model::CallSecurity& in, v1::CallSecurity* out) {
  out->set_level(static_cast<v1::CallSecurity::Level>(static_cast<int>(in.level) + 1));
  out->set_mechanism(in.mechanism);
  out->set_suite(in.suite);
  out->set_sas(in.sas);
  out->set_verified_here(in.verified_here);
  out->set_verified_there(in.verified_there);
  out->set_mismatch(in.mismatch);
}

// Text from the network: protobuf refuses ill-formed UTF-8.
void to_proto(const model::Party& in, v1::Party* out) {
  out->set_address(base::to_valid_utf8(in.address));
  out->set_display_name(base::to_valid_utf8(in.display_name));
}

void to_proto(const model::StreamStats& in, v1::StreamStats* out) {
  out->set_packets(in.packets);
  out->set_bytes(in.bytes);
  out->set_packets_lost(in.packets_lost);
  out->set_loss_ratio(in.loss_ratio);
  out->set_jitter_ms(in.jitter_ms);
  out->set_level_dbov(in.level_dbov);
  out->set_codec(in.codec);
  out->set_ssrc(in.ssrc);
}

void to_proto(const model::TransferRequest& in, v1::TransferRequest* out) {
  out->set_target(base::to_valid_utf8(in.target));
  out->set_referred_by(base::to_valid_utf8(in.referred_by));
  set_time(in.expire_time, out->mutable_expire_time());
}

// Texts may hold words of the far end.
void to_proto(const model::Finding& in, v1::Finding* out) {
  out->set_severity(static_cast<v1::Finding::Severity>(static_cast<int>(in.severity) + 1));
  out->set_code(in.code);
  out->set_text(base::to_valid_utf8(in.text));
  out->set_advice(base::to_valid_utf8(in.advice));
}

void to_proto(const model::TraceStep& in, v1::TraceStep* out) {
  set_time(in.time, out->mutable_time());
  // Findings are told apart from the steps.
  if (in.kind != model::TraceStep::Kind::finding)
    out->set_kind(static_cast<v1::TraceStep::Kind>(static_cast<int>(in.kind) + 1));
  out->set_code(in.code);
  out->set_text(base::to_valid_utf8(in.text));
  for (const auto& [key, value] : in.details)
    (*out->mutable_details())[base::to_valid_utf8(key)] = base::to_valid_utf8(value);
  out->set_count(in.count);
}

void end_to_proto(const model::Call& in, v1::Call* out) {
  out->set_end_reason(static_cast<v1::Call::EndReason>(in.end_reason));
  out->set_ended_by(static_cast<v1::Call::EndedBy>(in.ended_by));
  out->set_end_sip_code(in.end_detail.sip_code);
  out->set_end_jingle_reason(in.end_detail.jingle_reason);
  out->set_end_text(base::to_valid_utf8(in.end_detail.text));
  out->set_missed(in.missed);
}

}  // namespace

void to_proto(const model::Call& in, v1::Call* out) {
  out->set_id(in.id.str());
  out->set_account(in.account.str());
  out->set_direction(in.direction == model::CallDirection::incoming ? v1::Call::DIRECTION_INCOMING
                                                                    : v1::Call::DIRECTION_OUTGOING);
  out->set_state(state_of(in.state));
  to_proto(in.remote, out->mutable_remote());
  to_proto(in.local, out->mutable_local());
  set_time(in.create_time, out->mutable_create_time());
  if (in.answer_time != base::WallTime{}) set_time(in.answer_time, out->mutable_answer_time());
  if (in.end_time != base::WallTime{}) set_time(in.end_time, out->mutable_end_time());
  end_to_proto(in, out);
  out->set_held_by_local(in.held_local);
  out->set_held_by_remote(in.held_remote);
  out->set_muted(in.muted);
  out->set_recording(in.recording);
  out->set_playing(in.playing);
  out->set_codec(in.codec);
  to_proto(in.security, out->mutable_security());
  out->mutable_transfer()->set_state(static_cast<v1::TransferStatus::State>(in.transfer.state));
  out->mutable_transfer()->set_target(base::to_valid_utf8(in.transfer.target));
  out->mutable_transfer()->set_sip_code(in.transfer.sip_code);
  out->mutable_transfer()->set_text(base::to_valid_utf8(in.transfer.text));
  if (!in.transfer_request.target.empty())
    to_proto(in.transfer_request, out->mutable_transfer_request());
  out->set_waiting(in.waiting);
  out->set_capture(model::to_string(in.capture));
  out->set_playback(model::to_string(in.playback));
  out->set_diverted_by(base::to_valid_utf8(in.diverted_by));
  out->set_referred_by(base::to_valid_utf8(in.referred_by));
  out->set_owned(in.owned);
  out->set_successor(in.successor.str());
}

void to_proto(const core::CallStatsOf& in, v1::CallStats* out) {
  const model::MediaStats& s = in.stats;
  out->set_call(in.call.str());
  to_proto(s.sent, out->mutable_sent());
  to_proto(s.received, out->mutable_received());
  out->set_packets_late(s.packets_late);
  out->set_packets_duplicate(s.packets_duplicate);
  out->set_packets_rejected(s.packets_rejected);
  out->set_frames_concealed(s.frames_concealed);
  out->set_frames_played(s.frames_played);
  out->set_jitter_buffer_ms(s.jitter_buffer_ms);
  if (s.round_trip_ms >= 0) out->set_round_trip_ms(s.round_trip_ms);
  if (s.mouth_to_ear_ms >= 0) out->set_mouth_to_ear_ms(s.mouth_to_ear_ms);
  out->set_mos(s.mos);
  out->set_local_address(s.local_address);
  out->set_remote_address(s.remote_address);
  to_proto(s.security, out->mutable_security());
  if (s.since_last_packet >= base::Duration::zero())
    set_duration(s.since_last_packet, out->mutable_since_last_packet());
  set_duration(in.duration, out->mutable_duration());
  out->set_media_lost(s.lost);
  if (s.path.local_type.empty()) return;
  out->mutable_path()->set_local_type(s.path.local_type);
  out->mutable_path()->set_remote_type(s.path.remote_type);
  out->mutable_path()->set_transport(s.path.transport);
  out->mutable_path()->set_relay_transport(s.path.relay_transport);
}

void to_proto(const core::CallExplained& in, v1::ExplainCallResponse* out) {
  to_proto(in.call, out->mutable_call());
  for (const model::Finding& finding : in.findings) to_proto(finding, out->add_findings());
  for (const model::TraceStep& step : in.steps) to_proto(step, out->add_steps());
}

base::Result<std::optional<model::AudioSource>> source_from(const std::string& text) {
  if (text.empty()) return std::nullopt;
  auto source = model::parse_audio_source(text);
  if (!source) return base::fail(source.error());
  return *source;
}

base::Result<std::optional<model::AudioSink>> sink_from(const std::string& text) {
  if (text.empty()) return std::nullopt;
  auto sink = model::parse_audio_sink(text);
  if (!sink) return base::fail(sink.error());
  return *sink;
}

}  // namespace commd::api
