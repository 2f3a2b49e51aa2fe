#include "daemon/net/dns_question.h"

#include <ares.h>

#include <algorithm>
#include <utility>

namespace commd::net {
namespace {

constexpr auto last_answer_counts = std::chrono::minutes(1);
constexpr uint16_t dns_port = 53;

std::string server_text(const Endpoint& server) {
  return server.port == dns_port ? server.ip.text() : server.text();
}

DnsFailure failure_of(int status) {
  switch (status) {
    case ARES_ENODATA:
      return DnsFailure::no_data;
    case ARES_ENOTFOUND:
      return DnsFailure::no_such_name;
    case ARES_ESERVFAIL:
    case ARES_EFORMERR:
    case ARES_ENOTIMP:
      return DnsFailure::server_failure;
    case ARES_EREFUSED:
      return DnsFailure::refused;
    case ARES_ETIMEOUT:
      return DnsFailure::timeout;
    case ARES_ECONNREFUSED:
      return DnsFailure::unreachable;
    default:
      return DnsFailure::bad_answer;
  }
}

struct Words {
  base::Code code;
  const char* reason;
  std::string message;
};

Words words_of(DnsFailure failure, const std::string& what, const std::string& name) {
  using base::Code;
  switch (failure) {
    case DnsFailure::no_such_name:
      return {Code::not_found, "DNS_NO_SUCH_NAME", name + " does not exist in DNS"};
    case DnsFailure::no_data:
      return {Code::not_found, "DNS_NO_DATA", name + " has no " + what + " record in DNS"};
    case DnsFailure::server_failure:
      return {Code::unavailable, "DNS_SERVER_FAILURE",
              "the DNS server could not find out about " + name + " (" + what + ")"};
    case DnsFailure::refused:
      return {Code::unavailable, "DNS_REFUSED",
              "the DNS server refuses to answer about " + name + " (" + what + ")"};
    case DnsFailure::bad_answer:
      return {Code::unavailable, "DNS_BAD_ANSWER",
              "the DNS server gave a broken answer about " + name + " (" + what + ")"};
    case DnsFailure::timeout:
      return {Code::deadline_exceeded, "DNS_TIMEOUT",
              "no DNS server answered about " + name + " (" + what + ") in time"};
    case DnsFailure::unreachable:
      return {Code::unavailable, "DNS_UNREACHABLE",
              "no DNS server can be reached to ask about " + name + " (" + what + ")"};
  }
  return {Code::internal, "DNS_BAD_ANSWER", name};
}

}  // namespace

base::Error dns_error(DnsFailure failure, RecordType type, const std::string& name,
                      const std::string& servers) {
  Words words = words_of(failure, to_string(type), name);
  base::Error error{words.code, words.reason, std::move(words.message), {}};
  if (!servers.empty()) error.message += "; asked " + servers;
  error.details = {{"name", name}, {"type", to_string(type)}, {"servers", servers}};
  return error;
}

DnsServers::DnsServers(boost::asio::io_context& context, std::vector<DnsChannelOptions> servers) {
  for (const DnsChannelOptions& server : servers) {
    channels_.push_back(DnsChannel::make(context, server));
    text_ += (text_.empty() ? "" : ", ") + server_text(server.server);
  }
}

DnsServers::~DnsServers() {
  for (const auto& channel : channels_) channel->close();
}

size_t DnsServers::first() const {
  return std::chrono::steady_clock::now() - last_time_ < last_answer_counts ? last_ : 0;
}

void DnsServers::answered(size_t index) {
  // The minute begins when the place of the first is taken, so that the first gets
  // another chance however often is asked.
  if (index == first()) return;
  last_ = index;
  last_time_ = std::chrono::steady_clock::now();
}

DnsQuestion::DnsQuestion(boost::asio::io_context& context, std::shared_ptr<DnsServers> servers,
                         std::string name, RecordType type, const DnsPatience& patience, Done done)
    : servers_(std::move(servers)),
      name_(std::move(name)),
      type_(type),
      patience_(patience),
      done_(std::move(done)),
      next_(context),
      deadline_(context) {}

void DnsQuestion::start() {
  first_ = servers_->first();
  deadline_.arm(patience_.deadline,
                [self = shared_from_this()] { self->fail(DnsFailure::timeout); });
  ask_next();
}

void DnsQuestion::ask_next() {
  const size_t count = asked_.size();
  if (count == servers_->size()) return;
  const size_t server = (first_ + count) % servers_->size();
  asked_.push_back(
      {server, (*servers_)[server].ask(name_, type_,
                                       [self = shared_from_this(), server](
                                           int status, const std::vector<uint8_t>& message) {
                                         self->on_reply(server, status, message);
                                       })});
  if (asked_.size() < servers_->size())
    next_.arm(patience_.next_server, [self = shared_from_this()] { self->ask_next(); });
  else
    next_.cancel();
}

void DnsQuestion::on_reply(size_t server, int status, const std::vector<uint8_t>& message) {
  if (!done_) return;
  if (status != ARES_SUCCESS) {
    const DnsFailure failure = failure_of(status);
    if (failure < DnsFailure::no_data) return on_failure(failure);
    servers_->answered(server);
    return fail(failure);
  }
  auto answer = parse_dns_answer(message, type_);
  if (!answer) return on_failure(DnsFailure::bad_answer);
  servers_->answered(server);
  if (answer->empty()) return fail(DnsFailure::no_data);
  finish(std::move(*answer));
}

void DnsQuestion::on_failure(DnsFailure failure) {
  worst_ = std::max(worst_.value_or(failure), failure);
  if (++answers_ == servers_->size()) return fail(*worst_);
  // The others have been asked already, or are now.
  if (answers_ == asked_.size()) ask_next();
}

void DnsQuestion::fail(DnsFailure failure) {
  finish(base::fail(dns_error(failure, type_, name_, servers_->text())));
}

void DnsQuestion::finish(base::Result<DnsAnswer> result) {
  const Done done = std::move(done_);
  cancel();
  if (done) done(std::move(result));
}

void DnsQuestion::cancel() {
  done_ = nullptr;
  next_.cancel();
  deadline_.cancel();
  for (const Asked& asked : asked_) (*servers_)[asked.server].forget(asked.ask);
  asked_.clear();
}

}  // namespace commd::net
