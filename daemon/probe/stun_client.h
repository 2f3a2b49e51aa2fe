// Requests to one STUN server and their answers (RFC 8489, section 6.2).
//
// Thread of the io_context. No callback comes inside a call, nor after the client is gone; each
// may destroy it.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "daemon/base/result.h"
#include "daemon/base/time.h"
#include "daemon/net/one_shot.h"
#include "daemon/probe/stun_link.h"
#include "daemon/probe/stun_message.h"

namespace commd::probe {

struct StunAnswer {
  StunMessage message;  // a success or an error
  base::Duration round_trip{};
};

class StunClient {
 public:
  StunClient(boost::asio::io_context& context, std::unique_ptr<StunLink> link);
  StunClient(const StunClient&) = delete;
  StunClient& operator=(const StunClient&) = delete;
  ~StunClient();

  void on_indication(std::function<void(const StunMessage&)> told) { told_ = std::move(told); }

  // `message` is a request with that transaction. Errors: STUN_NO_ANSWER (deadline_exceeded), after
  // 3.75 s; those of the link, also for all later requests.
  using Done = std::function<void(base::Result<StunAnswer>)>;
  void ask(const TransactionId& transaction, std::string message, Done done);
  void tell(std::string indication) { link_->send(std::move(indication)); }

 private:
  struct Asked;
  void begin(Asked& asked);
  void send(Asked& asked);
  void received(const StunMessage& message);
  void lost(const base::Error& error);
  void end(std::list<std::unique_ptr<Asked>>::iterator which, base::Result<StunAnswer> result);

  boost::asio::io_context& context_;
  std::unique_ptr<StunLink> link_;
  std::function<void(const StunMessage&)> told_;
  std::list<std::unique_ptr<Asked>> asked_;
  std::optional<base::Error> lost_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace commd::probe
