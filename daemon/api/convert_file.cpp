#include "daemon/api/convert.h"
#include "daemon/base/escape.h"

namespace commd::api {
namespace {

v1::FileTransfer::Method method_of(model::TransferMethod method) {
  switch (method) {
    case model::TransferMethod::undecided:
      return v1::FileTransfer::METHOD_UNSPECIFIED;
    case model::TransferMethod::http:
      return v1::FileTransfer::METHOD_HTTP;
    case model::TransferMethod::socks5:
      return v1::FileTransfer::METHOD_SOCKS5;
    case model::TransferMethod::in_band:
      return v1::FileTransfer::METHOD_IN_BAND;
  }
  return v1::FileTransfer::METHOD_UNSPECIFIED;
}

v1::FileTransfer::State state_of(model::TransferState state) {
  switch (state) {
    case model::TransferState::offered:
      return v1::FileTransfer::STATE_OFFERED;
    case model::TransferState::waiting:
      return v1::FileTransfer::STATE_WAITING;
    case model::TransferState::active:
      return v1::FileTransfer::STATE_ACTIVE;
    case model::TransferState::paused:
      return v1::FileTransfer::STATE_PAUSED;
    case model::TransferState::done:
      return v1::FileTransfer::STATE_DONE;
    case model::TransferState::failed:
      return v1::FileTransfer::STATE_FAILED;
    case model::TransferState::cancelled:
      return v1::FileTransfer::STATE_CANCELLED;
  }
  return v1::FileTransfer::STATE_UNSPECIFIED;
}

}  // namespace

void to_proto(const model::Attachment& in, v1::Attachment* out) {
  out->set_url(base::to_valid_utf8(in.url));
  out->set_name(base::to_valid_utf8(in.name));
  out->set_media_type(base::to_valid_utf8(in.media_type));
  out->set_size(static_cast<int64_t>(in.size));
  out->set_description(base::to_valid_utf8(in.description));
  out->set_transfer(in.transfer);
}

void to_proto(const model::FileTransfer& in, v1::FileTransfer* out) {
  out->set_id(in.id.str());
  out->set_account(in.account.str());
  out->set_peer(base::to_valid_utf8(in.peer));
  out->set_direction(in.direction == model::MessageDirection::incoming
                         ? v1::FileTransfer::DIRECTION_INCOMING
                         : v1::FileTransfer::DIRECTION_OUTGOING);
  out->set_method(method_of(in.method));
  out->set_state(state_of(in.state));
  out->set_name(base::to_valid_utf8(in.name));
  out->set_size(static_cast<int64_t>(in.size));
  out->set_transferred(static_cast<int64_t>(in.transferred));
  out->set_media_type(base::to_valid_utf8(in.media_type));
  out->set_description(base::to_valid_utf8(in.description));
  out->set_path(base::to_valid_utf8(in.path));
  out->set_url(base::to_valid_utf8(in.url));
  out->set_sha256(in.sha256);
  out->set_message(in.message.str());
  out->set_fail_reason(in.fail_reason);
  out->set_fail_message(base::to_valid_utf8(in.fail_message));
  set_time(in.create_time, out->mutable_create_time());
  set_time(in.state_time, out->mutable_state_time());
}

model::TransferRoute route_from(v1::FileTransfer::Route route) {
  if (route == v1::FileTransfer::ROUTE_SERVER) return model::TransferRoute::server;
  if (route == v1::FileTransfer::ROUTE_DIRECT) return model::TransferRoute::direct;
  return model::TransferRoute::any;
}

}  // namespace commd::api
