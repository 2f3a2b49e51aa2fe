#include "clients/commctl/event_text.h"

#include "clients/commctl/contact_text.h"
#include "clients/commctl/duration.h"
#include "clients/commctl/file_text.h"
#include "clients/commctl/mailbox_text.h"
#include "clients/commctl/message_words.h"
#include "clients/commctl/person_text.h"
#include "clients/commctl/room_text.h"
#include "clients/commctl/words.h"

namespace commd::commctl {
namespace {

Line account_line(const v1::Account& account) {
  Line line = {{"account " + account.id() + "  "},
               {word_of(account.state()), style_of(account.state())}};
  if (!account.state_message().empty()) line.push_back({"  " + account.state_message()});
  if (waits(account)) {
    line.push_back({"  "});
    line.push_back(mailbox_span(account.message_waiting()));
  }
  return line;
}

Line call_line(const v1::Call& call) {
  const bool incoming = call.direction() == v1::Call::DIRECTION_INCOMING;
  Line line = {{"call " + call.id() + "  "},
               {state_text(call), style_of(call.state())},
               {std::string(incoming ? "  from " : "  to ") + party_text(call.remote())}};
  if (call.missed()) line.push_back({"  missed", Style::warning});
  if (call.state() == v1::Call::STATE_ENDED) line.push_back({"  " + end_text(call)});
  if (call.transfer().state() != v1::TransferStatus::STATE_UNSPECIFIED)
    line.push_back({"  transfer to " + call.transfer().target() + " " +
                    enum_word(*v1::TransferStatus::State_descriptor(), call.transfer().state())});
  if (call.has_transfer_request())
    line.push_back({"  " + transfer_request_text(call), Style::warning});
  return line;
}

Line message_line(const v1::Message& message) {
  const bool incoming = message.direction() == v1::Message::DIRECTION_INCOMING;
  Line line = {{std::string("message ") + (incoming ? "from " : "to ") +
                (message.nick().empty() ? message.peer() : message.sender()) + "  "}};
  if (message.mentioned()) line.push_back({"to you: ", Style::bold});
  if (!incoming)
    line.push_back({word_of(message.state()) + "  ",
                    message.state() == v1::Message::STATE_FAILED ? Style::bad : Style::dim});
  line.push_back({shown_text(message)});
  if (const std::string reactions = reactions_text(message); !reactions.empty())
    line.push_back({"  [" + reactions + "]", Style::dim});
  if (!message.fail_message().empty()) line.push_back({"  " + message.fail_message(), Style::bad});
  return line;
}

Line occupant_line(const v1::OccupantChanged& change) {
  std::string text = occupant_text(change);
  if (text.empty()) text = change.occupant().nick() + " is another in some way";
  return {{"room " + change.room() + "  "}, {text, Style::dim}};
}

Line notice_line(const v1::Notice& notice) {
  Line line = {{"notice " + notice.reason(), Style::warning}};
  if (!notice.subject().empty()) line.push_back({"  " + notice.subject()});
  line.push_back({"  " + notice.message()});
  return line;
}

Line body_line(const v1::Event& event) {
  switch (event.body_case()) {
    case v1::Event::kAccountChanged:
      return account_line(event.account_changed());
    case v1::Event::kAccountRemoved:
      return {{"account " + event.account_removed() + "  removed"}};
    case v1::Event::kCallChanged:
      return call_line(event.call_changed());
    case v1::Event::kDtmfReceived:
      return {
          {"call " + event.dtmf_received().call() + "  digit " + event.dtmf_received().digit()}};
    case v1::Event::kDeviceChanged:
      return {
          {"device " + event.device_changed().id() + "  " + event.device_changed().description()}};
    case v1::Event::kDeviceRemoved:
      return {{"device " + event.device_removed() + "  removed"}};
    case v1::Event::kMessageChanged:
      return message_line(event.message_changed());
    case v1::Event::kTyping:
      return {{event.typing().peer() + "  " +
                   enum_word(*v1::Typing::State_descriptor(), event.typing().state()),
               Style::dim}};
    case v1::Event::kContactChanged:
      return contact_line(event.contact_changed());
    case v1::Event::kContactRemoved:
      return {{"contact " + event.contact_removed() + "  removed"}};
    case v1::Event::kPresenceChanged:
      return presence_line(event.presence_changed());
    case v1::Event::kPersonChanged:
      return person_line(event.person_changed());
    case v1::Event::kPersonRemoved:
      return {{"person " + event.person_removed() + "  removed"}};
    case v1::Event::kRoomChanged:
      return room_line(event.room_changed());
    case v1::Event::kRoomRemoved:
      return {{"room " + event.room_removed() + "  removed"}};
    case v1::Event::kOccupantChanged:
      return occupant_line(event.occupant_changed());
    case v1::Event::kFileChanged:
      return transfer_line(event.file_changed());
    case v1::Event::kFileProgress:
      return {{"file " + event.file_progress().transfer().substr(0, 8) + "  " +
                   bytes_text(event.file_progress().transferred()),
               Style::dim}};
    case v1::Event::kNotice:
      return notice_line(event.notice());
    case v1::Event::BODY_NOT_SET:
      break;
  }
  return {{"something this client does not know"}};
}

}  // namespace

Line event_line(const v1::Event& event, const google::protobuf::Timestamp& now) {
  Line line = {{local_time(event.time(), now) + "  ", Style::dim}};
  for (Span& span : body_line(event)) line.push_back(std::move(span));
  return line;
}

}  // namespace commd::commctl
