// A core with accounts of XMPP and a protocol room that only notes what it is told.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/core/core_world.h"

namespace commd::core {

using model::MessageState;

inline const std::string kAlice = "xmpp:alice@example.org";
inline const std::string kBob = "xmpp:bob@example.org";

struct FakeMessaging final : ports::Messaging {
  void send(ports::OutgoingMessage message) override { sent.push_back(std::move(message)); }
  void acknowledge(const model::AccountId&, uint64_t ticket) override {
    acknowledged.push_back(ticket);
  }
  void not_kept(const model::AccountId&, uint64_t ticket) override { lost.push_back(ticket); }
  bool can_amend() const override { return true; }
  void amend(model::Amendment amendment, bool again) override {
    amended.push_back(std::move(amendment));
    again_amended += again ? 1 : 0;
  }
  void set_typing(const ports::TypingNews& news) override { typed.push_back(news); }
  std::vector<std::string> texts() const {
    std::vector<std::string> all;
    for (const auto& each : sent) all.push_back(each.text);
    return all;
  }
  std::vector<ports::OutgoingMessage> sent;
  std::vector<model::Amendment> amended;
  int again_amended = 0;
  std::vector<ports::TypingNews> typed;
  std::vector<uint64_t> acknowledged;
  std::vector<uint64_t> lost;
};

class MessageBookTest : public CoreWorld {
 protected:
  void SetUp() override { start(); }
  void start() {
    CorePorts with = faked_ports();
    with.messaging = {{model::Protocol::local, &messaging},
                      {model::Protocol::sip, &messaging},
                      {model::Protocol::xmpp, &messaging}};
    start_core(std::move(with));
  }
  void add_account(const std::string& address) { create_account(address); }
  base::Result<model::Message> send(const std::string& text, const std::string& to = kBob,
                                    const std::string& from = {}, const std::string& request = {}) {
    base::Result<model::Message> result = base::fail(base::Code::internal, "NEVER", "never told");
    core->messages().send({to, from, text, request}, [&](auto r) { result = std::move(r); });
    return result;
  }
  std::string refused(const std::string& text, const std::string& to,
                      const std::string& from = {}) {
    const auto result = send(text, to, from);
    return result ? "sent" : result.error().reason;
  }
  void tell(const model::MessageId& id, MessageState state, const std::string& by) {
    core->message_report({model::AccountId(kAlice), id, by, state, {}, {}});
  }
  MessageState state_of(const model::MessageId& id) {
    MessageState state = MessageState::received;
    core->messages().get(id.str(), [&](auto found) { state = found->state; });
    return state;
  }
  ports::IncomingMessage incoming(const std::string& text, uint64_t ticket,
                                  const std::string& fingerprint = {}) {
    ports::IncomingMessage in;
    in.account = model::AccountId(kAlice);
    in.peer = kBob;
    in.sender = kBob + "/x";
    in.text = text;
    in.remote_id = "r1";
    in.fingerprint = fingerprint;
    in.ticket = ticket;
    return in;
  }
  std::vector<model::Message> stored() const {
    std::vector<model::Message> all;
    for (const auto& put : store.all<ports::PutMessage>()) all.push_back(put.message);
    return all;
  }

  FakeMessaging messaging;
};

}  // namespace commd::core
