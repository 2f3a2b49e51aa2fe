#include "daemon/xmpp/iq_requests.h"

#include <utility>

#include "daemon/xmpp/stanza_error.h"

namespace commd::xmpp {
namespace {

base::Error full() {
  return {base::Code::resource_exhausted,
          "OUTBOX_FULL",
          "too much waits to be sent already; try again when the server has taken it",
          {}};
}

}  // namespace

bool from_own_server(const Element& iq, const Jid& account) {
  if (iq.from().empty()) return true;
  const auto from = Jid::parse(iq.from());
  return from && *from == account;
}

void IqRequests::ask(const Stanza& iq, Done done) {
  const std::string id(iq.id());
  if (waiting_.size() >= most_waiting || !send_(iq)) return done(base::fail(full()));
  Waiting& waiting = waiting_[id];
  if (!iq.to().empty())
    if (auto to = Jid::parse(iq.to())) waiting.asked = std::move(*to);
  waiting.done = std::move(done);
  waiting.timer = timers_.after(patience, [this, id] {
    finish(id, base::fail(base::Code::deadline_exceeded, "SERVER_SILENT",
                          "the other side does not answer; try again"));
  });
}

bool IqRequests::take(const Element& iq) {
  if (iq.type() != "result" && iq.type() != "error") return false;
  const auto found = waiting_.find(std::string(iq.id()));
  if (found == waiting_.end()) return false;
  const Jid& asked = found->second.asked;
  const auto from = Jid::parse(iq.from());
  const bool entitled = asked.empty() ? from_own_server(iq, account_) : from && *from == asked;
  if (!entitled) return false;
  if (iq.type() == "error")
    finish(found->first, base::fail(to_error(read_stanza_error(iq))));
  else
    finish(found->first, iq);
  return true;
}

void IqRequests::fail_all(const base::Error& why) {
  const auto all = std::exchange(waiting_, {});
  for (const auto& [id, waiting] : all) waiting.done(base::fail(why));
}

// It may be one's own timer that calls: nothing of it is touched after it is gone.
void IqRequests::finish(const std::string& id, base::Result<Element> result) {
  auto node = waiting_.extract(id);
  if (!node.empty()) node.mapped().done(std::move(result));
}

}  // namespace commd::xmpp
