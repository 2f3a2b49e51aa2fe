// A core with a faked room of contacts, and alice's XMPP account.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/unit/core/core_world.h"

namespace commd::core {

inline const std::string kAlice = "xmpp:alice@example.org";
inline const std::string kBob = "xmpp:bob@example.org";

// Answers at once with `result`, or when the test says so.
struct FakeContacts : ports::Contacts {
  void know_list(const model::AccountId&, ports::KnownRoster list) override {
    std::string text = "known " + list.version;
    for (const auto& each : list.entries) text += " " + each.address + " " + each.name;
    asked.push_back(text);
  }
  void set_in_use(bool in_use, std::function<void()> caught_up) override {
    asked.push_back(in_use ? "in use" : "not in use");
    if (hold) return waiting.push_back(std::move(caught_up));
    caught_up();
  }
  void set_presence(const model::AccountId& account, model::Presence presence) override {
    asked.push_back("presence " + account.str() + " " + model::to_string(presence.availability) +
                    " " + presence.status);
  }
  void put_contact(const model::AccountId&, const ports::RosterEntry& entry, Done done) override {
    std::string text = "put " + entry.address + " " + entry.name;
    for (const std::string& group : entry.groups) text += " " + group;
    answer(text, std::move(done));
  }
  void remove_contact(const model::AccountId&, const std::string& address, Done done) override {
    answer("remove " + address, std::move(done));
  }
  void ask_presence(const model::AccountId&, const std::string& address,
                    const std::string& nickname, Done done) override {
    answer("ask " + address + " " + nickname, std::move(done));
  }
  void allow_presence(const model::AccountId&, const std::string& address, bool allowed,
                      Done done) override {
    answer((allowed ? "allow " : "refuse ") + address, std::move(done));
  }
  void set_blocked(const model::AccountId&, const std::string& address, bool blocked,
                   Done done) override {
    answer((blocked ? "block " : "unblock ") + address, std::move(done));
  }
  void answer(const std::string& what, Done done) {
    asked.push_back(what);
    if (hold) return waiting.push_back([this, done] { done(result); });
    done(result);
  }
  std::vector<std::string> asked;
  base::Result<void> result;
  bool hold = false;
  std::vector<std::function<void()>> waiting;
};

class ContactsFixture : public CoreWorld {
 protected:
  void SetUp() override {
    start();
    add_account(kAlice);
    room.asked.clear();
    encoder.events.clear();
  }
  void start() {
    CorePorts with = faked_ports();
    with.contacts = {{model::Protocol::xmpp, &room}};
    start_core(std::move(with));
  }
  // What the store holds is what it was given.
  void restart() {
    keep_facts();
    encoder.events.clear();
    room.asked.clear();
    start();
  }
  void add_account(const std::string& address) {
    model::AccountSettings settings;
    settings.display_name = "Alice";
    create_account(address, std::move(settings));
  }
  template <class Event>
  std::vector<Event> events() const {
    std::vector<Event> found;
    for (const model::Event& each : encoder.events)
      if (const auto* event = std::get_if<Event>(&each.body)) found.push_back(*event);
    return found;
  }

  FakeContacts room;
};

}  // namespace commd::core
