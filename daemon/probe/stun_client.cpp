#include "daemon/probe/stun_client.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace commd::probe {
namespace {

using std::chrono::milliseconds;

// Sent at 0, 250, 750 and 1750 ms.
constexpr milliseconds first_wait{250};
constexpr int most_sent = 4;
constexpr milliseconds stream_wait{3750};

base::Error no_answer() {
  return {base::Code::deadline_exceeded, "STUN_NO_ANSWER", "the server does not answer", {}};
}

}  // namespace

struct StunClient::Asked {
  Asked(boost::asio::io_context& context, const TransactionId& id, std::string text, Done whom)
      : transaction(id), message(std::move(text)), done(std::move(whom)), timer(context) {}

  TransactionId transaction;
  std::string message;
  Done done;
  net::OneShot timer;
  int sent = 0;
  base::MonoTime sent_time{};
  base::Duration wait = first_wait;
};

StunClient::StunClient(boost::asio::io_context& context, std::unique_ptr<StunLink> link)
    : context_(context), link_(std::move(link)) {
  link_->start({[this](const StunMessage& message) { received(message); },
                [this](const base::Error& error) { lost(error); }});
}

StunClient::~StunClient() { *alive_ = false; }

void StunClient::ask(const TransactionId& transaction, std::string message, Done done) {
  asked_.push_back(
      std::make_unique<Asked>(context_, transaction, std::move(message), std::move(done)));
  Asked& asked = *asked_.back();
  if (!lost_) return send(asked);
  asked.timer.arm(base::Duration::zero(),
                  [this, it = std::prev(asked_.end())] { end(it, base::fail(*lost_)); });
}

void StunClient::send(Asked& asked) {
  const auto it = std::find_if(asked_.begin(), asked_.end(),
                               [&](const auto& each) { return each.get() == &asked; });
  if (asked.sent == (link_->loses() ? most_sent : 1)) return end(it, base::fail(no_answer()));
  ++asked.sent;
  asked.sent_time = std::chrono::steady_clock::now();
  asked.timer.arm(link_->loses() ? asked.wait : stream_wait, [this, &asked] { send(asked); });
  asked.wait *= 2;
  link_->send(asked.message);
}

void StunClient::received(const StunMessage& message) {
  if (message.kind() == StunClass::indication) {
    const auto told = told_;
    if (told) told(message);
    return;
  }
  if (message.kind() == StunClass::request) return;
  const auto it = std::find_if(asked_.begin(), asked_.end(), [&](const auto& each) {
    return each->transaction == message.transaction();
  });
  if (it == asked_.end()) return;
  end(it, StunAnswer{message, std::chrono::steady_clock::now() - (*it)->sent_time});
}

void StunClient::lost(const base::Error& error) {
  lost_ = error;
  const std::shared_ptr<bool> alive = alive_;
  while (*alive && !asked_.empty()) end(asked_.begin(), base::fail(error));
}

void StunClient::end(std::list<std::unique_ptr<Asked>>::iterator which,
                     base::Result<StunAnswer> result) {
  const std::unique_ptr<Asked> asked = std::move(*which);
  asked_.erase(which);
  asked->done(std::move(result));
}

}  // namespace commd::probe
