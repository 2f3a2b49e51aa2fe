#include "daemon/xmpp/xmpp_signalling.h"

#include <utility>

#include "daemon/xmpp/xmpp_stack.h"

namespace commd::xmpp {

// `stack` belongs to the XMPP thread, `events`, `messages` and `contacts` to the core.
struct XmppSignalling::State final : AccountEvents {
  State(XmppOptions o, std::function<void(std::function<void()>)> to_core, base::Logger l)
      : options(std::move(o)), post(std::move(to_core)), log(std::move(l)) {}

  // Runs on the XMPP thread, in the order given.
  void on_stack(std::function<void(XmppStack&)> work) {
    if (!std::exchange(started, true)) {
      loop.start();
      loop.post([this] {
        stack = std::make_unique<XmppStack>(loop, pool, options.resolv_conf, *this, log);
      });
    }
    loop.post([this, work = std::move(work)] {
      if (stack) work(*stack);
    });
  }

  void on_account(const model::AccountId& id, std::function<void(XmppAccount&)> work) {
    on_stack([id, work = std::move(work)](XmppStack& all) {
      if (XmppAccount* account = all.account(id)) work(*account);
    });
  }

  void tell(std::function<void(ports::SignallingEvents&)> what) {
    post([this, what = std::move(what)] {
      if (events) what(*events);
    });
  }
  void account_report(const model::AccountId& account,
                      const ports::AccountReport& report) override {
    tell([account, report](ports::SignallingEvents& to) { to.account_report(account, report); });
  }
  void remember(const std::string& key, const std::string& value) override {
    tell([key, value](ports::SignallingEvents& to) { to.remember(key, value); });
  }
  void notice(const std::string& reason, const std::string& message,
              const std::string& subject) override {
    tell([reason, message, subject](ports::SignallingEvents& to) {
      to.notice(reason, message, subject);
    });
  }

  void message_received(ports::IncomingMessage message) override {
    post([this, message = std::move(message)] {
      if (messages) messages->message_received(message);
    });
  }
  void message_report(const ports::MessageReport& report) override {
    post([this, report] {
      if (messages) messages->message_report(report);
    });
  }

  void typing(const ports::TypingNews& news) override {
    post([this, news] {
      if (messages) messages->typing(news);
    });
  }
  void tell_contacts(std::function<void(ports::ContactEvents&)> what) {
    post([this, what = std::move(what)] {
      if (contacts) what(*contacts);
    });
  }
  void roster_report(ports::RosterReport report) override {
    tell_contacts([report = std::move(report)](auto& to) { to.roster_report(report); });
  }
  void presence_report(ports::PresenceReport report) override {
    tell_contacts([report = std::move(report)](auto& to) { to.presence_report(report); });
  }
  void presence_lost(const model::AccountId& account) override {
    tell_contacts([account](auto& to) { to.presence_lost(account); });
  }
  void subscription_requested(ports::SubscriptionRequest request) override {
    tell_contacts([request = std::move(request)](auto& to) { to.subscription_requested(request); });
  }
  void block_report(ports::BlockReport report) override {
    tell_contacts([report = std::move(report)](auto& to) { to.block_report(report); });
  }

  const XmppOptions options;
  const std::function<void(std::function<void()>)> post;
  const base::Logger log;
  ports::SignallingEvents* events = nullptr;
  ports::MessagingEvents* messages = nullptr;
  ports::ContactEvents* contacts = nullptr;
  bool started = false;  // core thread
  loop::CoreLoop loop{"xmpp"};
  loop::Pool pool{"xmpp-pool"};
  std::unique_ptr<XmppStack> stack;
};

XmppSignalling::XmppSignalling(XmppOptions options, std::function<void(std::function<void()>)> post,
                               base::Logger log)
    : state_(std::make_unique<State>(std::move(options), std::move(post), std::move(log))) {}

// Stanzas end on the thread that made them.
XmppSignalling::~XmppSignalling() {
  state_->events = nullptr;
  state_->messages = nullptr;
  state_->contacts = nullptr;
  if (!state_->started) return;
  state_->loop.post([state = state_.get()] {
    state->stack.reset();
    state->loop.stop();
  });
  state_->loop.join();
}

void XmppSignalling::attach(ports::SignallingEvents& events, ports::MessagingEvents& messages,
                            ports::ContactEvents& contacts) {
  state_->events = &events;
  state_->messages = &messages;
  state_->contacts = &contacts;
}

void XmppSignalling::account_up(const model::Account& account, base::Secret password,
                                const std::map<std::string, std::string>& facts) {
  state_->on_stack([account, password = std::move(password), facts](XmppStack& stack) {
    stack.account_up(account, password, facts);
  });
}

void XmppSignalling::account_down(const model::AccountId& account) {
  state_->on_stack([account](XmppStack& stack) { stack.account_down(account); });
}

void XmppSignalling::route(const model::AccountId&, const std::string&,
                           std::function<void(base::Result<ports::MediaRoute>)> done) {
  state_->post([done = std::move(done)] {
    done(base::fail(base::Code::unimplemented, "CALLS_NOT_SUPPORTED",
                    "calls over XMPP are not spoken yet; call a SIP address"));
  });
}

void XmppSignalling::shut_down(std::function<void()> done) {
  if (!state_->started) return state_->post(std::move(done));
  state_->on_stack([state = state_.get(), done = std::move(done)](XmppStack& stack) {
    stack.shut_down([state, done] { state->post(done); });
  });
}

void XmppSignalling::send(ports::OutgoingMessage message) {
  state_->on_account(message.account,
                     [message](XmppAccount& account) { account.send_message(message); });
}

void XmppSignalling::acknowledge(const model::AccountId& id, uint64_t ticket) {
  state_->on_account(id, [ticket](XmppAccount& account) { account.message_stored(ticket); });
}

void XmppSignalling::not_kept(const model::AccountId& id, uint64_t) {
  state_->on_account(id, [](XmppAccount& account) { account.message_not_stored(); });
}

void XmppSignalling::amend(model::Amendment amendment, bool again) {
  state_->on_account(amendment.account, [amendment, again](XmppAccount& account) {
    account.send_amendment(amendment, again);
  });
}

void XmppSignalling::set_typing(const ports::TypingNews& news) {
  state_->on_account(news.account, [news](XmppAccount& account) { account.set_typing(news); });
}

// ---- contacts ----------------------------------------------------------------------

void XmppSignalling::set_presence(const model::AccountId& id, model::Presence presence) {
  state_->on_account(id, [presence = std::move(presence)](XmppAccount& account) {
    account.with_contacts([&](ContactFlow& contacts) { contacts.set_presence(presence); });
  });
}

// `done` is told on the core thread, also of an account that is not up.
void XmppSignalling::on_contacts(const model::AccountId& id, Done done,
                                 std::function<void(ContactFlow&, Done)> work) {
  const Done told = [state = state_.get(), done = std::move(done)](base::Result<void> result) {
    state->post([done, result = std::move(result)] { done(result); });
  };
  state_->on_stack([id, told, work = std::move(work)](XmppStack& all) {
    bool there = false;
    if (XmppAccount* account = all.account(id))
      account->with_contacts([&](ContactFlow& contacts) {
        there = true;
        work(contacts, told);
      });
    if (!there)
      told(base::fail(base::Code::failed_precondition, "ACCOUNT_NOT_ONLINE",
                      "the account " + id.str() + " is not up; enable it: commctl account enable"));
  });
}

void XmppSignalling::put_contact(const model::AccountId& id, const ports::RosterEntry& entry,
                                 Done done) {
  on_contacts(id, std::move(done), [entry](ContactFlow& contacts, Done told) {
    contacts.put_contact(entry, std::move(told));
  });
}

void XmppSignalling::remove_contact(const model::AccountId& id, const std::string& address,
                                    Done done) {
  on_contacts(id, std::move(done), [address](ContactFlow& contacts, Done told) {
    contacts.remove_contact(address, std::move(told));
  });
}

void XmppSignalling::ask_presence(const model::AccountId& id, const std::string& address,
                                  const std::string& nickname, Done done) {
  on_contacts(id, std::move(done), [address, nickname](ContactFlow& contacts, Done told) {
    contacts.ask_presence(address, nickname, std::move(told));
  });
}

void XmppSignalling::allow_presence(const model::AccountId& id, const std::string& address,
                                    bool allowed, Done done) {
  on_contacts(id, std::move(done), [address, allowed](ContactFlow& contacts, Done told) {
    contacts.allow_presence(address, allowed, std::move(told));
  });
}

void XmppSignalling::set_blocked(const model::AccountId& id, const std::string& address,
                                 bool blocked, Done done) {
  on_contacts(id, std::move(done), [address, blocked](ContactFlow& contacts, Done told) {
    contacts.set_blocked(address, blocked, std::move(told));
  });
}

}  // namespace commd::xmpp
