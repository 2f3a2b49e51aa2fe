// Messages of the pretended daemon: what is sent is delivered at once; "refused"
// stands in a text that is refused, "lost" in one that fails.
#include <algorithm>
#include <iostream>
#include <mutex>
#include <vector>

#include "commd/v1/message.grpc.pb.h"
#include "tests/cli/fake_daemon/services.h"

namespace commd::fake {
namespace {

using grpc::ServerContext;
using grpc::Status;
using grpc::StatusCode;

class Messages final : public MessageService {
 public:
  explicit Messages(State& state) : state_(state) {}

  Status SendMessage(ServerContext*, const v1::SendMessageRequest* request,
                     v1::Message* message) override {
    if (request->text().find("refused") != std::string::npos)
      return failure(StatusCode::FAILED_PRECONDITION, "NO_ACCOUNT", "no account is enabled");
    *message = make(request->address(), request->text(), v1::Message::DIRECTION_OUTGOING);
    message->set_state(v1::Message::STATE_QUEUED);
    put(*message);
    v1::Message later = *message;
    const bool lost = request->text().find("lost") != std::string::npos;
    later.set_state(lost ? v1::Message::STATE_FAILED : v1::Message::STATE_DELIVERED);
    if (lost) later.set_fail_message("there is nobody of that address");
    put(later);
    return Status::OK;
  }

  Status ListMessages(ServerContext*, const v1::ListMessagesRequest* request,
                      v1::ListMessagesResponse* response) override {
    if (request->address().find('@') == std::string::npos && request->address() != "Bob Builder")
      return failure(StatusCode::INVALID_ARGUMENT, "INVALID_ARGUMENT",
                     "\"" + request->address() + "\" is nobody to write to");
    const std::lock_guard lock(mutex_);
    response->set_peer(peer(request->address()));
    for (auto each = kept_.rbegin(); each != kept_.rend(); ++each)
      if (response->messages_size() < request->page_size() &&
          each->peer() == peer(request->address()))
        *response->add_messages() = *each;
    return Status::OK;
  }

  Status CorrectMessage(ServerContext*, const v1::CorrectMessageRequest* request,
                        v1::Message* message) override {
    return change(request->id(), message, [&](v1::Message& kept) {
      kept.set_text(request->text());
      *kept.mutable_edit_time() = now();
    });
  }

  Status RetractMessage(ServerContext*, const v1::RetractMessageRequest* request,
                        v1::Message* message) override {
    return change(request->id(), message, [&](v1::Message& kept) {
      kept.clear_text();
      kept.set_retracted(true);
    });
  }

  Status ReactToMessage(ServerContext*, const v1::ReactToMessageRequest* request,
                        v1::Message* message) override {
    return change(request->id(), message, [&](v1::Message& kept) {
      kept.clear_reactions();
      if (!request->emojis().empty()) *kept.add_reactions()->mutable_emojis() = request->emojis();
    });
  }

  Status MarkRead(ServerContext*, const v1::MarkReadRequest* request,
                  v1::MarkReadResponse* response) override {
    v1::Message message;
    response->set_marked(1);
    std::cout << "read " << request->id() << std::endl;
    return change(request->id(), &message,
                  [](v1::Message& kept) { kept.set_state(v1::Message::STATE_READ); });
  }

  Status SetTyping(ServerContext*, const v1::SetTypingRequest* request,
                   google::protobuf::Empty*) override {
    std::cout << "typing " << v1::Typing::State_Name(request->state()) << std::endl;
    return Status::OK;
  }

  void receive(const std::string& from, const std::string& text) override {
    v1::Message message = make(from, text, v1::Message::DIRECTION_INCOMING);
    message.set_state(v1::Message::STATE_RECEIVED);
    put(message);
  }

  void correct_last(const std::string& from, const std::string& text) override {
    std::string id;
    {
      const std::lock_guard lock(mutex_);
      for (const v1::Message& each : kept_)
        if (each.peer() == peer(from) && each.direction() == v1::Message::DIRECTION_INCOMING)
          id = each.id();
    }
    v1::Message message;
    change(id, &message, [&](v1::Message& kept) {
      kept.set_text(text);
      *kept.mutable_edit_time() = now();
    });
  }

 private:
  static std::string peer(const std::string& address) {
    if (address == "Bob Builder") return "xmpp:bob@x";  // who is in the address book
    return address.starts_with("xmpp:") ? address : "xmpp:" + address;
  }
  v1::Message make(const std::string& address, const std::string& text,
                   v1::Message::Direction direction) {
    const std::lock_guard lock(mutex_);
    v1::Message message;
    message.set_id("m" + std::to_string(++made_));
    message.set_account("alice@example.org");
    message.set_peer(peer(address));
    message.set_direction(direction);
    message.set_text(text);
    *message.mutable_time() = now();
    return message;
  }
  template <class Change>
  Status change(const std::string& id, v1::Message* message, Change how) {
    {
      const std::lock_guard lock(mutex_);
      const auto kept = std::find_if(kept_.begin(), kept_.end(),
                                     [&](const v1::Message& each) { return each.id() == id; });
      if (kept == kept_.end())
        return failure(StatusCode::NOT_FOUND, "NOT_FOUND", "there is no message " + id);
      *message = *kept;
    }
    how(*message);
    put(*message);
    return Status::OK;
  }
  void put(const v1::Message& message) {
    {
      const std::lock_guard lock(mutex_);
      std::erase_if(kept_, [&](const v1::Message& each) { return each.id() == message.id(); });
      kept_.push_back(message);
    }
    v1::Event event;
    *event.mutable_message_changed() = message;
    state_.put_event(event);
  }

  State& state_;
  std::mutex mutex_;
  std::vector<v1::Message> kept_;
  int made_ = 0;
};

}  // namespace

std::unique_ptr<MessageService> make_message_service(State& state) {
  return std::make_unique<Messages>(state);
}

}  // namespace commd::fake
