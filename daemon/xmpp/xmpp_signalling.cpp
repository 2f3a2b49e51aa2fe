#include "daemon/xmpp/xmpp_signalling.h"

#include <utility>

#include "daemon/xmpp/xmpp_signalling_state.h"

namespace commd::xmpp {

XmppSignalling::XmppSignalling(XmppOptions options, std::function<void(std::function<void()>)> post,
                               base::Logger log)
    : state_(std::make_unique<State>(std::move(options), std::move(post), std::move(log))) {}

// Stanzas end on the thread that made them.
XmppSignalling::~XmppSignalling() {
  state_->events = nullptr;
  state_->messages = nullptr;
  state_->contacts = nullptr;
  state_->rooms = nullptr;
  state_->files = nullptr;
  if (!state_->started) return;
  state_->loop.post([state = state_.get()] {
    state->stack.reset();
    state->loop.stop();
  });
  state_->loop.join();
}

void XmppSignalling::attach(ports::SignallingEvents& events, ports::MessagingEvents& messages,
                            ports::ContactEvents& contacts, ports::RoomEvents& rooms,
                            ports::FileEvents& files) {
  state_->events = &events;
  state_->messages = &messages;
  state_->contacts = &contacts;
  state_->rooms = &rooms;
  state_->files = &files;
}

ports::Services& XmppSignalling::services() { return state_->services; }

void XmppSignalling::account_up(const model::Account& account, base::Secret password,
                                const std::map<std::string, std::string>& facts) {
  state_->on_stack([account, password = std::move(password), facts](XmppStack& stack) {
    stack.account_up(account, password, facts);
  });
}

void XmppSignalling::account_down(const model::AccountId& account) {
  state_->on_stack([account](XmppStack& stack) { stack.account_down(account); });
}

void XmppSignalling::shut_down(std::function<void()> done) {
  if (!state_->started) return state_->post(std::move(done));
  state_->on_stack([state = state_.get(), done = std::move(done)](XmppStack& stack) {
    stack.shut_down([state, done] { state->post(done); });
  });
}

void XmppSignalling::send(ports::OutgoingMessage message) {
  state_->on_stack([message](XmppStack& all) {
    if (XmppAccount* account = all.account(message.account)) account->send_message(message);
    if (ComponentAccount* component = all.component(message.account))
      component->send_message(message);
  });
}

void XmppSignalling::acknowledge(const model::AccountId& id, uint64_t ticket) {
  state_->on_stack([id, ticket](XmppStack& all) {
    if (XmppAccount* account = all.account(id)) account->message_stored(ticket);
    if (ComponentAccount* component = all.component(id)) component->message_stored(ticket);
  });
}

void XmppSignalling::not_kept(const model::AccountId& id, uint64_t) {
  state_->on_stack([id](XmppStack& all) {
    if (XmppAccount* account = all.account(id)) account->message_not_stored();
    if (ComponentAccount* component = all.component(id)) component->message_not_stored();
  });
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

// Nobody starts the thread by using something else.
void XmppSignalling::set_in_use(bool in_use, std::function<void()> caught_up) {
  state_->in_use = in_use;
  if (!state_->started) return caught_up();
  state_->on_stack([state = state_.get(), in_use, caught_up](XmppStack& stack) {
    stack.set_in_use(in_use, [state, caught_up] { state->post(caught_up); });
  });
}

void XmppSignalling::know_list(const model::AccountId& id, ports::KnownRoster list) {
  state_->on_stack([id, list = std::move(list)](XmppStack& stack) { stack.know_list(id, list); });
}

void XmppSignalling::set_presence(const model::AccountId& id, model::Presence presence) {
  state_->on_account(id, [presence = std::move(presence)](XmppAccount& account) {
    account.with_contacts([&](ContactFlow& contacts) { contacts.set_presence(presence); });
    account.with_rooms([&](RoomFlow& rooms) { rooms.set_presence(presence); });
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

// ---- pictures and nicknames --------------------------------------------------------

// As on_contacts().
void XmppSignalling::on_avatars(const model::AccountId& id, Fetched done,
                                std::function<void(AvatarFlow&, Fetched)> work) {
  const Fetched told = [state = state_.get(),
                        done = std::move(done)](base::Result<std::string> result) {
    state->post([done, result = std::move(result)] { done(result); });
  };
  state_->on_stack([id, told, work = std::move(work)](XmppStack& all) {
    bool there = false;
    if (XmppAccount* account = all.account(id))
      account->with_avatars([&](AvatarFlow& avatars) {
        there = true;
        work(avatars, told);
      });
    if (!there)
      told(base::fail(base::Code::failed_precondition, "ACCOUNT_NOT_ONLINE",
                      "the account " + id.str() + " is not up; enable it: commctl account enable"));
  });
}

namespace {

// What has no value but that it was done.
XmppSignalling::Fetched without_value(XmppSignalling::Done done) {
  return [done = std::move(done)](const base::Result<std::string>& result) {
    done(result ? base::Result<void>() : base::fail(result.error()));
  };
}

XmppSignalling::Done with_value(XmppSignalling::Fetched told) {
  return [told = std::move(told)](const base::Result<void>& result) {
    told(result ? base::Result<std::string>("") : base::fail(result.error()));
  };
}

}  // namespace

void XmppSignalling::fetch_avatar(const model::AccountId& id, const std::string& address,
                                  const std::string& hash, Fetched done) {
  on_avatars(id, std::move(done), [address, hash](AvatarFlow& avatars, Fetched told) {
    avatars.fetch_avatar(address, hash, std::move(told));
  });
}

void XmppSignalling::set_avatar(const model::AccountId& id, const std::string& bytes, Done done) {
  on_avatars(id, without_value(std::move(done)), [bytes](AvatarFlow& avatars, Fetched told) {
    avatars.set_avatar(bytes, with_value(std::move(told)));
  });
}

void XmppSignalling::set_nickname(const model::AccountId& id, const std::string& nickname,
                                  Done done) {
  on_avatars(id, without_value(std::move(done)), [nickname](AvatarFlow& avatars, Fetched told) {
    avatars.set_nickname(nickname, with_value(std::move(told)));
  });
}

}  // namespace commd::xmpp
