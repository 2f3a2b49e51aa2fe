#include "daemon/sip/sip_signalling.h"

#include <utility>

#include "daemon/sip/sip_stack.h"
#include "daemon/sip/sip_thread.h"

namespace commd::sip {

// Shared with what is on its way between the threads, so that nothing of it outlives
// its target. `stack` and `thread` belong to the SIP thread but for their making.
struct SipSignalling::State {
  State(SipOptions options, std::function<void(std::function<void()>)> to_core, base::Logger log)
      : post(std::move(to_core)), thread(log) {
    stack = std::make_unique<SipStack>(
        thread,
        StackOptions{options.local_port, options.local_listen, options.user_agent,
                     options.resolv_conf},
        [this](std::function<void(ports::SignallingEvents&)> what) {
          post([this, what = std::move(what)] {
            if (events) what(*events);
          });
        },
        [this](std::function<void(ports::MessagingEvents&)> what) {
          post([this, what = std::move(what)] {
            if (messages) what(*messages);
          });
        },
        [this](std::function<void(ports::ContactEvents&)> what) {
          post([this, what = std::move(what)] {
            if (contacts) what(*contacts);
          });
        },
        log);
  }

  // Runs on the SIP thread, in the order given.
  void on_stack(std::function<void(SipStack&)> work) {
    thread.post([this, work = std::move(work)] {
      work(*stack);
      publish_listening();
    });
  }
  void on_call(const model::LegId& leg, std::function<void(SipCall&)> work) {
    thread.post([this, leg, work = std::move(work)] {
      if (SipCall* call = stack->call(leg)) work(*call);
    });
  }
  // Asks presence something and tells what came of it.
  void on_presence(std::function<base::Result<void>(SipPresence&)> work,
                   ports::Contacts::Done done) {
    on_stack([this, work = std::move(work), done = std::move(done)](SipStack& its) {
      post([done, result = work(its.presence())] { done(result); });
    });
  }
  void publish_listening() {
    std::vector<std::string> now = stack->listening();
    if (now == told_listening) return;
    told_listening = now;
    post([this, now = std::move(now)] { listening = now; });
  }

  std::function<void(std::function<void()>)> post;
  ports::SignallingEvents* events = nullptr;   // core thread
  ports::MessagingEvents* messages = nullptr;  // core thread
  ports::ContactEvents* contacts = nullptr;    // core thread
  std::vector<std::string> listening;          // core thread
  std::vector<std::string> told_listening;     // SIP thread
  SipThread thread;
  std::unique_ptr<SipStack> stack;
};

SipSignalling::SipSignalling(SipOptions options, std::function<void(std::function<void()>)> post,
                             base::Logger log)
    : state_(std::make_shared<State>(std::move(options), std::move(post), std::move(log))) {}

SipSignalling::~SipSignalling() {
  state_->events = nullptr;
  state_->messages = nullptr;
  state_->contacts = nullptr;
}

void SipSignalling::attach(ports::SignallingEvents& events, ports::MessagingEvents& messages,
                           ports::ContactEvents& contacts) {
  state_->contacts = &contacts;
  state_->events = &events;
  state_->messages = &messages;
}

void SipSignalling::addresses_changed() {
  state_->on_stack([](SipStack& stack) { stack.network_changed(); });
}

void SipSignalling::account_up(const model::Account& account, base::Secret password,
                               const std::map<std::string, std::string>& facts) {
  state_->on_stack([account, password = std::move(password), facts](SipStack& stack) {
    stack.account_up(account, password, facts);
  });
}

void SipSignalling::account_down(const model::AccountId& account) {
  state_->on_stack([account](SipStack& stack) { stack.account_down(account); });
}

void SipSignalling::route(const model::AccountId& account, const std::string& target,
                          std::function<void(base::Result<ports::MediaRoute>)> done) {
  const auto back = [state = state_.get(),
                     done = std::move(done)](base::Result<ports::MediaRoute> route) {
    state->post([done, route = std::move(route)] { done(route); });
  };
  state_->on_stack([account, target, back](SipStack& stack) {
    SipAccount* known = stack.account(account);
    if (!known)
      return back(base::fail(base::Code::unavailable, "ACCOUNT_NOT_ONLINE", "the account is down"));
    known->route(target, back);
  });
}

void SipSignalling::invite(const model::LegId& leg, ports::InviteRequest request) {
  state_->on_stack(
      [leg, request = std::move(request)](SipStack& stack) { stack.invite(leg, request); });
}

void SipSignalling::ring(const model::LegId& leg) {
  state_->on_call(leg, [](SipCall& call) { call.ring(); });
}

void SipSignalling::accept(const model::LegId& leg, model::SessionDescription description) {
  state_->on_call(
      leg, [description = std::move(description)](SipCall& call) { call.accept(description); });
}

void SipSignalling::refuse(const model::LegId& leg, ports::Refusal refusal) {
  state_->on_call(leg, [refusal](SipCall& call) { call.refuse(refusal); });
}

void SipSignalling::redirect(const model::LegId& leg, const std::string& target) {
  state_->on_call(leg, [target](SipCall& call) { call.redirect(target); });
}

void SipSignalling::hang_up(const model::LegId& leg) {
  state_->on_call(leg, [](SipCall& call) { call.hang_up(); });
}

void SipSignalling::modify(const model::LegId& leg, model::SessionDescription offer) {
  state_->on_call(leg, [offer = std::move(offer)](SipCall& call) { call.modify(offer); });
}

void SipSignalling::answer_offer(const model::LegId& leg, model::SessionDescription answer) {
  state_->on_call(leg, [answer = std::move(answer)](SipCall& call) { call.answer_offer(answer); });
}

// Its routes say that nothing trickles.
void SipSignalling::tell_transport(const model::LegId&, size_t, model::TransportDescription) {}

void SipSignalling::refuse_offer(const model::LegId& leg, ports::Refusal refusal) {
  state_->on_call(leg, [refusal](SipCall& call) { call.refuse_offer(refusal); });
}

void SipSignalling::send_digit(const model::LegId& leg, char digit, unsigned duration_ms) {
  state_->on_call(leg,
                  [digit, duration_ms](SipCall& call) { call.send_digit(digit, duration_ms); });
}

void SipSignalling::transfer(const model::LegId& leg, const std::string& target) {
  state_->on_call(leg, [target](SipCall& call) { call.transfer(target); });
}

void SipSignalling::transfer_to_leg(const model::LegId& leg, const model::LegId& other) {
  state_->on_stack([leg, other](SipStack& stack) {
    SipCall* call = stack.call(leg);
    SipCall* target = stack.call(other);
    if (call && target) call->transfer_to(*target);
  });
}

void SipSignalling::accept_transfer(const model::LegId& leg) {
  state_->on_call(leg, [](SipCall& call) { call.accept_transfer(); });
}

void SipSignalling::refuse_transfer(const model::LegId& leg) {
  state_->on_call(leg, [](SipCall& call) { call.refuse_transfer(); });
}

void SipSignalling::report_transfer(const model::LegId& leg, int sip_code,
                                    const std::string& phrase) {
  state_->on_call(leg,
                  [sip_code, phrase](SipCall& call) { call.report_transfer(sip_code, phrase); });
}

void SipSignalling::send(ports::OutgoingMessage message) {
  state_->on_stack(
      [message = std::move(message)](SipStack& stack) { stack.messages().send(message); });
}

void SipSignalling::acknowledge(const model::AccountId&, uint64_t ticket) {
  state_->on_stack([ticket](SipStack& stack) { stack.messages().acknowledge(ticket); });
}

void SipSignalling::not_kept(const model::AccountId&, uint64_t ticket) {
  state_->on_stack([ticket](SipStack& stack) { stack.messages().not_kept(ticket); });
}

void SipSignalling::set_typing(const ports::TypingNews& news) {
  state_->on_stack([news](SipStack& stack) { stack.typing().set(news); });
}

void SipSignalling::set_presence(const model::AccountId& account, model::Presence presence) {
  state_->on_stack([account, presence = std::move(presence)](SipStack& stack) {
    stack.presence().set_presence(account, presence);
  });
}

void SipSignalling::put_contact(const model::AccountId& account, const ports::RosterEntry& entry,
                                Done done) {
  state_->on_presence(
      [account, entry](SipPresence& presence) { return presence.put_contact(account, entry); },
      std::move(done));
}

void SipSignalling::remove_contact(const model::AccountId& account, const std::string& address,
                                   Done done) {
  state_->on_presence(
      [=](SipPresence& presence) { return presence.remove_contact(account, address); },
      std::move(done));
}

void SipSignalling::ask_presence(const model::AccountId& account, const std::string& address,
                                 const std::string&, Done done) {
  state_->on_presence(
      [=](SipPresence& presence) { return presence.ask_presence(account, address); },
      std::move(done));
}

void SipSignalling::allow_presence(const model::AccountId& account, const std::string& address,
                                   bool allowed, Done done) {
  state_->on_presence(
      [=](SipPresence& presence) { return presence.allow_presence(account, address, allowed); },
      std::move(done));
}

void SipSignalling::set_blocked(const model::AccountId& account, const std::string& address,
                                bool blocked, Done done) {
  state_->on_presence(
      [=](SipPresence& presence) { return presence.set_blocked(account, address, blocked); },
      std::move(done));
}

std::vector<std::string> SipSignalling::listening() const { return state_->listening; }

void SipSignalling::shut_down(std::function<void()> done) {
  state_->thread.post([state = state_.get(), done = std::move(done)] {
    state->stack->shut_down([state, done] { state->post(done); });
  });
}

}  // namespace commd::sip
