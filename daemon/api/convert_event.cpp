#include <algorithm>

#include "daemon/api/convert.h"
#include "daemon/api/convert_room.h"
#include "daemon/base/escape.h"

namespace commd::api {
namespace {

struct BodyToProto {
  v1::Event* out;

  void operator()(const model::AccountChanged& body) const {
    to_proto(body.account, out->mutable_account_changed());
  }
  void operator()(const model::AccountRemoved& body) const {
    out->set_account_removed(body.id.str());
  }
  void operator()(const model::CallChanged& body) const {
    to_proto(body.call, out->mutable_call_changed());
  }
  void operator()(const model::DtmfReceived& body) const {
    out->mutable_dtmf_received()->set_call(body.call.str());
    out->mutable_dtmf_received()->set_digit(std::string(1, body.digit));
  }
  void operator()(const model::DeviceChanged& body) const {
    to_proto(body.device, out->mutable_device_changed());
  }
  void operator()(const model::DeviceRemoved& body) const { out->set_device_removed(body.id); }
  void operator()(const model::MessageChanged& body) const {
    to_proto(body.message, out->mutable_message_changed());
  }
  void operator()(const model::TypingChanged& body) const {
    v1::Typing* typing = out->mutable_typing();
    typing->set_account(body.account.str());
    typing->set_peer(base::to_valid_utf8(body.peer));
    typing->set_state(to_proto(body.state));
  }
  void operator()(const model::ContactChanged& body) const {
    to_proto(body.contact, out->mutable_contact_changed());
  }
  void operator()(const model::ContactRemoved& body) const {
    out->set_contact_removed(model::contact_id(body.account, body.address));
  }
  void operator()(const model::PresenceChanged& body) const {
    to_proto(body.presence, out->mutable_presence_changed());
  }
  void operator()(const model::PersonChanged& body) const {
    to_proto(body.person, out->mutable_person_changed());
  }
  void operator()(const model::PersonRemoved& body) const {
    out->set_person_removed(body.id.str());
  }
  void operator()(const model::RoomChanged& body) const {
    to_proto(body.room, out->mutable_room_changed());
  }
  void operator()(const model::RoomRemoved& body) const {
    out->set_room_removed(base::to_valid_utf8(model::room_id(body.account, body.address)));
  }
  void operator()(const model::OccupantChanged& body) const {
    to_proto(body.news, out->mutable_occupant_changed());
  }
  void operator()(const model::FileChanged& body) const {
    to_proto(body.transfer, out->mutable_file_changed());
  }
  void operator()(const model::FileProgress& body) const {
    out->mutable_file_progress()->set_transfer(body.id.str());
    out->mutable_file_progress()->set_transferred(static_cast<int64_t>(body.transferred));
    out->mutable_file_progress()->set_size(static_cast<int64_t>(body.size));
  }
  void operator()(const model::Notice& body) const {
    out->mutable_notice()->set_reason(body.reason);
    out->mutable_notice()->set_message(base::to_valid_utf8(body.message));
    out->mutable_notice()->set_subject(base::to_valid_utf8(body.subject));
  }
};

}  // namespace

void set_time(base::WallTime time, google::protobuf::Timestamp* out) {
  const auto since = time.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  out->set_seconds(seconds.count());
  out->set_nanos(static_cast<int32_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(since - seconds).count()));
}

base::WallTime time_from(const google::protobuf::Timestamp& in) {
  constexpr int64_t most =
      std::chrono::duration_cast<std::chrono::seconds>(base::WallTime::duration::max()).count() - 1;
  const std::chrono::seconds seconds(std::clamp(in.seconds(), -most, most));
  const std::chrono::nanoseconds nanos(std::clamp(in.nanos(), 0, 999'999'999));
  return base::WallTime(std::chrono::duration_cast<base::WallTime::duration>(seconds + nanos));
}

void set_duration(base::Duration duration, google::protobuf::Duration* out) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration);
  out->set_seconds(seconds.count());
  out->set_nanos(static_cast<int32_t>((duration - seconds).count()));
}

void to_proto(const model::Device& in, v1::Device* out) {
  out->set_id(base::to_valid_utf8(in.id));
  out->set_description(base::to_valid_utf8(in.description));
  out->set_kind(in.kind == model::Device::Kind::capture ? v1::Device::KIND_CAPTURE
                                                        : v1::Device::KIND_PLAYBACK);
  out->set_default_(in.is_default);
  out->set_monitor(in.is_monitor);
}

void to_proto(const model::Event& in, v1::Event* out) {
  out->set_sequence(in.sequence);
  set_time(in.time, out->mutable_time());
  std::visit(BodyToProto{out}, in.body);
}

}  // namespace commd::api
