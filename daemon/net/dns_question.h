// One question to the name servers: the first is asked, and whenever it is slow or has
// nothing to say the next one too; the first word of substance counts. So a mute server
// costs a second at most, and nobody else anything. Inside of daemon/net.
//
// Thread of the io_context.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/base/time.h"
#include "daemon/net/dns_channel.h"
#include "daemon/net/one_shot.h"

namespace commd::net {

// The name servers of one configuration.
class DnsServers {
 public:
  DnsServers(boost::asio::io_context& context, std::vector<DnsChannelOptions> servers);
  ~DnsServers();
  DnsServers(const DnsServers&) = delete;
  DnsServers& operator=(const DnsServers&) = delete;

  size_t size() const { return channels_.size(); }
  DnsChannel& operator[](size_t index) { return *channels_[index]; }
  // "192.0.2.1, [2001:db8::1]:5353"
  const std::string& text() const { return text_; }

  // Where to begin: the server that answered last, for a minute; then the first again.
  size_t first() const;
  void answered(size_t index);

 private:
  std::vector<std::shared_ptr<DnsChannel>> channels_;
  std::string text_;
  size_t last_ = 0;
  base::MonoTime last_time_{};
};

// What went wrong, the most telling last.
enum class DnsFailure {
  unreachable,
  timeout,
  bad_answer,
  refused,
  server_failure,
  no_data,
  no_such_name
};

base::Error dns_error(DnsFailure failure, RecordType type, const std::string& name,
                      const std::string& servers);

struct DnsPatience {
  base::Duration next_server{};  // after that long the next one is asked too
  base::Duration deadline{};     // of it all
};

class DnsQuestion : public std::enable_shared_from_this<DnsQuestion> {
 public:
  using Done = std::function<void(base::Result<DnsAnswer>)>;
  DnsQuestion(boost::asio::io_context& context, std::shared_ptr<DnsServers> servers,
              std::string name, RecordType type, const DnsPatience& patience, Done done);

  void start();
  void cancel();

 private:
  struct Asked {
    size_t server;
    std::shared_ptr<DnsChannel::Ask> ask;
  };
  void ask_next();
  void on_reply(size_t server, int status, const std::vector<uint8_t>& message);
  void on_failure(DnsFailure failure);
  void finish(base::Result<DnsAnswer> result);
  void fail(DnsFailure failure);

  std::shared_ptr<DnsServers> servers_;
  const std::string name_;
  const RecordType type_;
  const DnsPatience patience_;
  Done done_;  // empty: over
  std::vector<Asked> asked_;
  size_t first_ = 0;
  size_t answers_ = 0;
  std::optional<DnsFailure> worst_;
  OneShot next_;
  OneShot deadline_;
};

}  // namespace commd::net
