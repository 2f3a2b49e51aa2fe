#include "daemon/sip/sip_typing.h"

#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <strings.h>

#include <optional>
#include <string_view>

#include "daemon/sip/is_composing.h"
#include "daemon/sip/local_account.h"
#include "daemon/sip/sip_text.h"

namespace commd::sip {
namespace {

using model::Typing;

constexpr size_t most_typing = 256;
constexpr size_t most_telling = 64;
constexpr size_t most_deaf = 4'096;
constexpr unsigned max_challenges = 2;

}  // namespace

// One at a time to each; what changes meanwhile follows.
class SipTyping::Telling final : public SipHandleOwner {
 public:
  Telling(SipTyping& owner, Conversation to, Typing is)
      : who(std::move(to)), state(is), owner_(owner) {}

  void on_event(SipEndpoint&, const SipEvent& event) override {
    if (event.event == nua_r_message && event.status >= 200) owner_.answered(*this, event);
  }

  bool open() {
    const std::string to = "<" + who.second + ">";
    handle_ = SipHandle(nua_handle(departure.endpoint->nua(), magic(), SIPTAG_TO_STR(to.c_str()),
                                   SIPTAG_FROM_STR(departure.from.c_str()), TAG_END()));
    return static_cast<bool>(handle_);
  }

  void write(const std::optional<Authorization>& authorization) {
    told = state;
    const std::string body = write_is_composing({state == Typing::composing});
    const std::string auth = authorization ? authorization->value : std::string();
    const bool proxy = authorization && authorization->proxy;
    nua_message(handle_.get(), NUTAG_URL(who.second.c_str()),
                TAG_IF(!departure.route.empty(), NUTAG_INITIAL_ROUTE_STR(departure.route.c_str())),
                TAG_IF(!auth.empty() && proxy, SIPTAG_PROXY_AUTHORIZATION_STR(auth.c_str())),
                TAG_IF(!auth.empty() && !proxy, SIPTAG_AUTHORIZATION_STR(auth.c_str())),
                SIPTAG_CONTENT_TYPE_STR(is_composing_type), SIPTAG_PAYLOAD_STR(body.c_str()),
                TAG_END());
  }

  const std::string& first_hop() const {
    return departure.route.empty() ? who.second : departure.route;
  }

  const Conversation who;
  Typing state;  // as it is
  Typing told = Typing::stopped;
  Departure departure;
  unsigned challenges = 0;

 private:
  SipTyping& owner_;
  SipHandle handle_;
};

SipTyping::SipTyping(SipThread& thread, FindAccount account, Tell tell, base::Logger log)
    : thread_(thread), account_(std::move(account)), tell_(std::move(tell)), log_(std::move(log)) {}

SipTyping::~SipTyping() = default;

void SipTyping::drop() {
  telling_.clear();
  typing_.clear();
}

void SipTyping::account_gone(const model::AccountId& account) {
  std::erase_if(telling_, [&](const auto& each) { return each.first.first == account; });
  std::erase_if(deaf_, [&](const auto& each) { return each.first == account; });
  std::erase_if(typing_, [&](const auto& each) { return each.first.first == account; });
}

// ---- what others do -------------------------------------------------------------------

bool SipTyping::is_typing(const sip_t* sip) {
  const sip_content_type_t* type = sip == nullptr ? nullptr : sip->sip_content_type;
  return type != nullptr && type->c_type != nullptr &&
         strcasecmp(type->c_type, is_composing_type) == 0;
}

StatusLine SipTyping::receive(const sip_t* sip, const model::AccountId& account,
                              const std::string& sender) {
  const sip_payload_t* payload = sip->sip_payload;
  const auto state = payload == nullptr || payload->pl_data == nullptr
                         ? std::nullopt
                         : read_is_composing({payload->pl_data, payload->pl_len});
  if (!state || sender.empty()) return {400, "Bad Request"};
  const Conversation who{account, sender};
  deaf_.erase(who);
  if (!state->active) {
    stopped(who);
    return {200, "OK"};
  }
  const bool known = typing_.contains(who);
  if (!known && typing_.size() >= most_typing) return {200, "OK"};
  typing_[who] = thread_.after(state->refresh, [this, who] {
    thread_.post([this, who, alive = std::weak_ptr<bool>(alive_)] {
      if (!alive.expired()) stopped(who);
    });
  });
  if (!known)
    tell_([who](ports::MessagingEvents& core) {
      core.typing({who.first, who.second, Typing::composing});
    });
  return {200, "OK"};
}

void SipTyping::stopped(const Conversation& who) {
  if (typing_.erase(who) == 0) return;
  tell_([who](ports::MessagingEvents& core) {
    core.typing({who.first, who.second, Typing::stopped});
  });
}

// ---- what this person does ------------------------------------------------------------

void SipTyping::set(const ports::TypingNews& news) {
  const Conversation who{news.account, news.peer};
  SipAccount* account = account_(news.account);
  if (account == nullptr || deaf_.contains(who)) return;
  const auto there = telling_.find(who);
  if (there != telling_.end()) {
    there->second->state = news.state;
    return;
  }
  if (telling_.size() >= most_telling) return;
  telling_[who] = std::make_unique<Telling>(*this, who, news.state);
  account->route(news.peer, [this, who, alive = std::weak_ptr<bool>(alive_)](const auto& route) {
    if (!alive.expired()) go(who, route);
  });
}

void SipTyping::go(const Conversation& who, const base::Result<ports::MediaRoute>& route) {
  const auto found = telling_.find(who);
  SipAccount* account = account_(who.first);
  if (found == telling_.end()) return;
  Telling& telling = *found->second;
  const auto departure = account == nullptr ? base::Result<Departure>(Departure{})
                                            : account->departure(who.second, false);
  // It is of now or of never.
  if (account == nullptr || !route || !departure) return over(who);
  telling.departure = *departure;
  if (account->account().protocol == model::Protocol::local)
    telling.departure.from = local_from(*departure->endpoint);
  if (!telling.open()) return over(who);
  telling.write({});
}

void SipTyping::answered(Telling& telling, const SipEvent& event) {
  SipAccount* account = account_(telling.who.first);
  const bool challenged = (event.status == 401 || event.status == 407) && event.sip != nullptr;
  if (challenged && account != nullptr && telling.challenges < max_challenges) {
    const auto authorization =
        account->answer(*event.sip, "MESSAGE", telling.who.second, telling.challenges++,
                        host_of_uri(telling.first_hop()), RequestStage::fresh);
    if (authorization) return telling.write(authorization);
  }
  const bool deaf = event.status >= 300;
  if (deaf && deaf_.size() < most_deaf) deaf_.insert(telling.who);
  if (!deaf && telling.told != telling.state) {
    telling.challenges = 0;
    return telling.write({});
  }
  over(telling.who);
}

// It may be inside its own event now, so it goes in the next turn of the loop.
void SipTyping::over(const Conversation& who) {
  thread_.post([this, who, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.expired()) telling_.erase(who);
  });
}

}  // namespace commd::sip
