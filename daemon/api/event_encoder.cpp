#include "daemon/api/event_encoder.h"

#include "daemon/api/convert.h"

namespace commd::api {
namespace {

// The snapshot's key of the resource that the event is the whole state of.
struct KeyOf {
  ports::EncodedEvent& out;

  void operator()(const model::AccountChanged& body) const {
    out.key = "accounts/" + body.account.id.str();
  }
  void operator()(const model::AccountRemoved& body) const {
    out.key = "accounts/" + body.id.str();
    out.removed = true;
  }
  void operator()(const model::CallChanged& body) const {
    out.key = "calls/" + body.call.id.str();
    out.removed = !model::is_live(body.call);
  }
  void operator()(const model::DeviceChanged& body) const { out.key = "devices/" + body.device.id; }
  void operator()(const model::DeviceRemoved& body) const {
    out.key = "devices/" + body.id;
    out.removed = true;
  }
  void operator()(const model::DtmfReceived&) const {}
  void operator()(const model::MessageChanged&) const {}
  void operator()(const model::TypingChanged&) const {}
  void operator()(const model::ContactChanged& body) const {
    out.key = below(body.contact.account, "contacts/" + body.contact.address);
  }
  void operator()(const model::ContactRemoved& body) const {
    out.key = below(body.account, "contacts/" + body.address);
    out.removed = true;
  }
  void operator()(const model::PresenceChanged& body) const {
    out.key = below(body.presence.account, "presence");
  }
  void operator()(const model::PersonChanged& body) const {
    out.key = "people/" + body.person.id.str();
  }
  void operator()(const model::PersonRemoved& body) const {
    out.key = "people/" + body.id.str();
    out.removed = true;
  }
  void operator()(const model::RoomChanged& body) const {
    out.key = below(body.room.account, "rooms/" + body.room.address);
  }
  void operator()(const model::RoomRemoved& body) const {
    out.key = below(body.account, "rooms/" + body.address);
    out.removed = true;
  }
  void operator()(const model::OccupantChanged&) const {}
  void operator()(const model::FileChanged& body) const {
    out.key = "files/" + body.transfer.id.str();
    out.removed = !model::is_live(body.transfer);
  }
  void operator()(const model::FileProgress&) const {}
  void operator()(const model::Notice&) const {}

  // Gone from the snapshot with its account.
  static std::string below(const model::AccountId& account, const std::string& what) {
    return "accounts/" + account.str() + "/" + what;
  }
};

}  // namespace

ports::EncodedEvent ProtoEventEncoder::encode(const model::Event& event) {
  v1::WatchResponse response;
  to_proto(event, response.mutable_event());
  ports::EncodedEvent encoded;
  encoded.sequence = event.sequence;
  encoded.bytes = std::make_shared<const std::string>(response.SerializeAsString());
  std::visit(KeyOf{encoded}, event.body);
  return encoded;
}

}  // namespace commd::api
