#include "daemon/sip/sip_messages.h"

#include <sofia-sip/nta.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>

#include <optional>

#include "daemon/sip/local_account.h"
#include "daemon/sip/message_text.h"
#include "daemon/sip/sip_text.h"
#include "daemon/sip/sip_uri.h"
#include "daemon/sip/tls_refusal.h"

namespace commd::sip {
namespace {

using model::MessageState;

constexpr unsigned max_challenges = 2;
constexpr unsigned most_tries = 3;
constexpr std::chrono::seconds retry_after{5};
// What may wait for the disk: far more than a second's worth.
constexpr size_t most_waiting = 256;
constexpr MessageGate::Rate rate_of_each{20, 60};
constexpr MessageGate::Rate rate_of_all{200, 400};
// RFC 3261 section 18.1.1, RFC 3428 section 8: longer requests do not go over UDP.
constexpr size_t most_udp_bytes = 1300;
// Via, CSeq, Max-Forwards, User-Agent, an Authorization, and names of fields.
constexpr size_t usual_header_bytes = 650;

bool is_offline(const base::Error& error) {
  return error.reason == "ACCOUNT_OFFLINE" || error.reason == "NOT_LISTENING";
}

}  // namespace

// ---- out ------------------------------------------------------------------------------

class SipMessages::Sending final : public SipHandleOwner {
 public:
  Sending(SipMessages& owner, ports::OutgoingMessage what)
      : message(std::move(what)), owner_(owner) {}

  void on_event(SipEndpoint&, const SipEvent& event) override {
    if (event.event == nua_r_message && event.status >= 200) owner_.answered(*this, event);
  }
  Conversation conversation() const { return {message.account, message.to}; }

  // Why it cannot go over UDP, where the account allows nothing else.
  std::optional<MessageFailure> too_large(const SipAccount& account) const {
    if (account.account().settings.transport != model::SipTransport::udp) return std::nullopt;
    const size_t around =
        usual_header_bytes + departure.from.size() + departure.route.size() + 2 * message.to.size();
    if (message.text.size() + around <= most_udp_bytes) return std::nullopt;
    return MessageFailure{
        "MESSAGE_TOO_LARGE",
        "over UDP a message has at most about " +
            std::to_string(around < most_udp_bytes ? most_udp_bytes - around : 0) +
            " bytes here; set transport=tcp or tls for the account, or send it in "
            "parts"};
  }

  bool open() {
    const std::string to = "<" + message.to + ">";
    const std::string from = departure.from + ";tag=" + message.id.str();
    handle_ = SipHandle(nua_handle(departure.endpoint->nua(), magic(), SIPTAG_TO_STR(to.c_str()),
                                   SIPTAG_FROM_STR(from.c_str()), TAG_END()));
    return static_cast<bool>(handle_);
  }

  // Call-ID, tag and CSeq are the same when it is sent again, also by the next daemon: whoever
  // has it already knows it by them.
  void write(const std::optional<Authorization>& authorization) {
    const std::string none;
    const std::string& auth = authorization ? authorization->value : none;
    const bool proxy = authorization && authorization->proxy;
    const std::string cseq = std::to_string(1 + challenges) + " MESSAGE";
    nua_message(handle_.get(), NUTAG_URL(message.to.c_str()),
                SIPTAG_CALL_ID_STR(message.id.str().c_str()), SIPTAG_CSEQ_STR(cseq.c_str()),
                TAG_IF(!departure.route.empty(), NUTAG_INITIAL_ROUTE_STR(departure.route.c_str())),
                TAG_IF(!auth.empty() && proxy, SIPTAG_PROXY_AUTHORIZATION_STR(auth.c_str())),
                TAG_IF(!auth.empty() && !proxy, SIPTAG_AUTHORIZATION_STR(auth.c_str())),
                SIPTAG_CONTENT_TYPE_STR("text/plain;charset=UTF-8"),
                SIPTAG_PAYLOAD_STR(message.text.c_str()), TAG_END());
  }

  // Where it went first.
  const std::string& first_hop() const {
    return departure.route.empty() ? message.to : departure.route;
  }

  const ports::OutgoingMessage message;
  Departure departure;
  bool under_way = false;
  bool over = false;
  unsigned challenges = 0;
  unsigned tries = 0;
  SipTimer again;

 private:
  SipMessages& owner_;
  SipHandle handle_;
};

// ---- in -------------------------------------------------------------------------------

// A request that is answered when the disk has it.
struct SipMessages::Waiting final : SipHandleOwner {
  Waiting(model::AccountId to, SipEndpoint& endpoint, nua_handle_t* from, Within within)
      : account(std::move(to)), shared(nua_handle_ref(from)) {
    request.keep_current(endpoint.nua());
    if (within == Within::call) return;
    own = SipHandle(from);
    nua_handle_bind(from, magic());
  }
  ~Waiting() override { nua_handle_unref(shared); }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  void on_event(SipEndpoint&, const SipEvent&) override {}
  // Nothing where the call has ended meanwhile.
  void answer(int status, const char* phrase) {
    nua_respond(shared, status, phrase, NUTAG_WITH_SAVED(request.get()),
                TAG_IF(status == 503, SIPTAG_RETRY_AFTER_STR("5")), TAG_END());
  }

  model::AccountId account;
  nua_handle_t* const shared;  // of the call, or ours
  SipHandle own;
  SavedRequest request;
};

SipMessages::SipMessages(SipThread& thread, FindAccount account, Tell tell, base::Logger log)
    : thread_(thread),
      account_(std::move(account)),
      tell_(std::move(tell)),
      log_(std::move(log)),
      gate_(rate_of_each, rate_of_all) {}

SipMessages::~SipMessages() = default;

void SipMessages::drop() {
  queues_.clear();
  waiting_.clear();
}

// ---- sending --------------------------------------------------------------------------

void SipMessages::send(ports::OutgoingMessage message) {
  auto& queue = queues_[{message.account, message.to}];
  for (const auto& each : queue)
    if (each->message.id == message.id) return;
  const Conversation conversation{message.account, message.to};
  queue.push_back(std::make_unique<Sending>(*this, std::move(message)));
  if (queue.size() == 1) begin(conversation);
}

void SipMessages::account_online(const model::AccountId& account) {
  std::deque<Conversation> ready;
  for (const auto& [conversation, queue] : queues_)
    if (conversation.first == account && !queue.empty() && !queue.front()->under_way)
      ready.push_back(conversation);
  for (const Conversation& each : ready) begin(each);
}

void SipMessages::account_gone(const model::AccountId& account) {
  std::erase_if(queues_, [&](const auto& each) { return each.first.first == account; });
  refuse_waiting(account);
}

SipMessages::Sending* SipMessages::front(const Conversation& conversation,
                                         const model::MessageId& id) {
  const auto found = queues_.find(conversation);
  if (found == queues_.end() || found->second.empty()) return nullptr;
  Sending& first = *found->second.front();
  return first.message.id == id && !first.over ? &first : nullptr;
}

void SipMessages::begin(const Conversation& conversation) {
  const auto found = queues_.find(conversation);
  SipAccount* account = account_(conversation.first);
  if (found == queues_.end() || found->second.empty() || account == nullptr) return;
  Sending& first = *found->second.front();
  if (std::exchange(first.under_way, true)) return;
  account->route(first.message.to, [this, conversation, id = first.message.id,
                                    alive = std::weak_ptr<bool>(alive_)](const auto& route) {
    if (!alive.expired()) go(conversation, id, route);
  });
}

void SipMessages::go(const Conversation& conversation, const model::MessageId& id,
                     const base::Result<ports::MediaRoute>& route) {
  Sending* sending = front(conversation, id);
  SipAccount* account = account_(conversation.first);
  if (sending == nullptr) return;
  if (account == nullptr) {
    sending->under_way = false;
    return;
  }
  const auto departure = account->departure(sending->message.to, false);
  if (!route || !departure) {
    const base::Error& error = route ? departure.error() : route.error();
    if (is_offline(error)) {
      sending->under_way = false;  // account_online() comes
      return;
    }
    return finish(*sending, MessageState::failed, error.reason, error.message);
  }
  sending->departure = *departure;
  if (account->account().protocol == model::Protocol::local)
    sending->departure.from = local_from(*departure->endpoint);
  if (const auto failure = sending->too_large(*account))
    return finish(*sending, MessageState::failed, failure->reason, failure->message);
  if (!sending->open())
    return finish(*sending, MessageState::failed, "RECIPIENT_UNKNOWN",
                  "the address cannot be written to");
  sending->write({});
}

void SipMessages::answered(Sending& sending, const SipEvent& event) {
  if (sending.over) return;
  SipAccount* account = account_(sending.message.account);
  const bool challenged = (event.status == 401 || event.status == 407) && event.sip != nullptr;
  if (challenged && account != nullptr && sending.challenges < max_challenges) {
    const auto authorization =
        account->answer(*event.sip, "MESSAGE", sending.message.to, sending.challenges++,
                        host_of_uri(sending.first_hop()), RequestStage::fresh);
    if (authorization) return sending.write(authorization);
  }
  // 202: a server keeps it for the other person (RFC 3428 section 7); 200 is their phone's own.
  if (event.status < 300)
    return finish(sending, event.status == 200 ? MessageState::delivered : MessageState::sent);
  const bool made_up = event.sip == nullptr || nta_sip_is_internal(event.sip) != 0;
  MessageFailure failure = failure_of(event.status, event.phrase, made_up);
  if (made_up && event.status != 408 && try_again(sending)) return;
  const SipEndpoint& endpoint = *sending.departure.endpoint;
  const std::string& hop = sending.first_hop();
  if (made_up && endpoint.tls() != nullptr)
    if (const auto tls = tls_refusal(endpoint, host_of_uri(hop), port_of_uri(hop, 0), {}))
      failure = {"TLS_FAILED", tls->message(std::chrono::system_clock::now())};
  finish(sending, MessageState::failed, failure.reason, failure.message);
}

// The server was not reached at all: it may be starting again. The account finds out, too, and
// the message then waits for it.
bool SipMessages::try_again(Sending& sending) {
  if (sending.departure.route.empty() || ++sending.tries >= most_tries) return false;
  const Conversation conversation = sending.conversation();
  sending.challenges = 0;
  sending.again = thread_.after(retry_after * sending.tries, [this, conversation] {
    const auto found = queues_.find(conversation);
    if (found == queues_.end() || found->second.empty()) return;
    found->second.front()->under_way = false;
    begin(conversation);
  });
  return true;
}

// It may be inside its own event now, so it goes in the next turn of the loop.
void SipMessages::finish(const Sending& sending, MessageState state, const std::string& reason,
                         const std::string& message) {
  ports::MessageReport report{
      sending.message.account, sending.message.id, {}, state, reason, message};
  tell_([report](ports::MessagingEvents& core) { core.message_report(report); });
  const Conversation conversation = sending.conversation();
  if (Sending* first = front(conversation, sending.message.id)) first->over = true;
  thread_.post([this, conversation, id = sending.message.id, alive = std::weak_ptr<bool>(alive_)] {
    if (alive.expired()) return;
    const auto found = queues_.find(conversation);
    if (found == queues_.end()) return;
    auto& queue = found->second;
    if (!queue.empty() && queue.front()->message.id == id) queue.pop_front();
    if (queue.empty())
      queues_.erase(found);
    else
      begin(conversation);
  });
}

// ---- receiving ------------------------------------------------------------------------

bool SipMessages::admits(const model::AccountId& account, const std::string& sender) {
  return gate_.admits(account.str() + " " + sender, std::chrono::steady_clock::now());
}

void SipMessages::receive(SipEndpoint& endpoint, const SipEvent& event, const SipAccount& account,
                          Within within) {
  const auto refuse = [&](const StatusLine& line) {
    nua_respond(event.handle, line.code, line.phrase, NUTAG_WITH_THIS(endpoint.nua()),
                TAG_IF(line.code == 415, SIPTAG_ACCEPT_STR(message_accept)),
                TAG_IF(line.code == 503, SIPTAG_RETRY_AFTER_STR("2")), TAG_END());
    if (within == Within::nothing) nua_handle_destroy(event.handle);
  };
  ReadMessage read = read_message(event.sip);
  if (read.answer.code != 200) return refuse(read.answer);
  if (waiting_.size() >= most_waiting || !admits(account.account().id, read.peer))
    return refuse({503, "Service Unavailable"});
  const uint64_t ticket = next_ticket_++;
  ports::IncomingMessage message;
  message.account = account.account().id;
  message.sender = read.peer;
  message.peer = std::move(read.peer);
  message.text = std::move(read.text);
  message.remote_id = std::move(read.call_id);
  if (!read.fingerprint.empty())
    message.fingerprint = "sip " + message.account.str() + " " + read.fingerprint;
  message.ticket = ticket;
  waiting_[ticket] = std::make_unique<Waiting>(message.account, endpoint, event.handle, within);
  tell_([message](ports::MessagingEvents& core) { core.message_received(message); });
}

void SipMessages::acknowledge(uint64_t ticket) {
  const auto found = waiting_.find(ticket);
  if (found == waiting_.end()) return;
  found->second->answer(SIP_200_OK);
  waiting_.erase(found);
}

// Whoever is told so sends it again.
void SipMessages::not_kept(uint64_t ticket) {
  const auto found = waiting_.find(ticket);
  if (found == waiting_.end()) return;
  found->second->answer(SIP_503_SERVICE_UNAVAILABLE);
  waiting_.erase(found);
}

void SipMessages::refuse_waiting(const model::AccountId& account) {
  std::erase_if(waiting_, [&](const auto& each) {
    if (each.second->account != account) return false;
    each.second->answer(SIP_503_SERVICE_UNAVAILABLE);
    return true;
  });
}

}  // namespace commd::sip
