// The bytes of a file over a connection of their own (XEP-0260 1.0.3, XEP-0065 1.8): each end
// offers places where it can be reached, its own and those of its server's proxies, and tries those
// of the other; the best that answers is taken.
//
// XMPP thread. What comes in is hostile.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/ports/timers.h"
#include "daemon/xmpp/byte_network.h"
#include "daemon/xmpp/file_bytes.h"
#include "daemon/xmpp/iq_requests.h"
#include "daemon/xmpp/jingle_file.h"
#include "daemon/xmpp/socks5.h"

namespace commd::xmpp {

// What there is for SOCKS5.
struct S5bWays {
  struct Proxy {
    Jid jid;
    std::string host;
    uint16_t port = 0;
  };
  ByteNetwork* network = nullptr;  // none: not at all
  bool listens = false;            // this end may be reached, and tells where
  // This end's own server is on this machine: so may be whom one meets there.
  bool server_is_here = false;
  std::vector<Proxy> proxies;
};

class S5bBytes final : public FileBytes {
 public:
  // Connections of others that have not said who they are: the oldest gives way to a new one,
  // and each goes after a while.
  static constexpr size_t most_strangers = 16;
  static constexpr std::chrono::seconds greeting_patience{10};

  enum class Role { initiator, responder };
  enum class Way { sends, receives };
  struct Parts {
    Jid self, peer;  // full
    std::string sid;
    Role role = Role::initiator;
    Way way = Way::sends;
    S5bWays& ways;         // outlives it
    IqRequests& requests;  // outlives it
    ports::Timers& timers;
    // A transport-info.
    std::function<void(const S5bTransport&)> tell;
  };
  // Listens at once; mine() is what to offer.
  S5bBytes(Parts parts, Told told);
  ~S5bBytes() override;

  S5bTransport mine() const;
  // Both have offered: tries what the other end has. Where nothing answers, ended() with
  // S5B_FAILED.
  void begin(const S5bTransport& theirs);
  void take_info(const S5bTransport& info);

  model::TransferMethod method() const override { return model::TransferMethod::socks5; }
  void send(std::string bytes, Then more) override;
  void finish(Then done) override;

 private:
  // Somebody with whom SOCKS5 is spoken.
  struct Talk {
    ByteNetwork::Stream stream;
    Socks5 socks;
    ports::TimerHandle patience;
  };
  using TalkDone = std::function<void(ByteNetwork::Stream)>;  // none: it failed

  void came(ByteNetwork::Stream stream);
  void talk(ByteNetwork::Stream stream, Socks5::Side side, const std::string& address,
            TalkDone done);
  void talk_on(std::list<Talk>::iterator at, const TalkDone& done);
  void hang_up(std::list<Talk>::iterator at, TalkDone done);
  void try_next();
  void tried(ByteNetwork::Stream stream);
  void decide();
  void use_mine(const S5bCandidate& candidate);
  void use_proxy(const S5bCandidate& candidate);
  void activate(const S5bCandidate& candidate);
  void proxy_failed();
  void take_over(ByteNetwork::Stream stream);
  void read();
  void fail();
  void end(base::Result<void> result);

  Parts parts_;
  Told told_;
  std::unique_ptr<ByteNetwork::Listener> listener_;
  std::vector<S5bCandidate> mine_, theirs_;
  size_t next_ = 0;  // of theirs_
  net::OperationHandle connecting_;
  std::list<Talk> talks_;  // the oldest first
  ByteNetwork::Stream outgoing_, incoming_, stream_;
  std::optional<S5bCandidate> used_;        // of theirs_
  std::optional<S5bCandidate> used_there_;  // of mine_
  bool tried_ = false, tried_there_ = false, begun_ = false, decided_ = false, ended_ = false;
  std::string wait_activated_;  // cid
  bool activated_ = false;
  Then more_;
  ports::TimerHandle patience_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace commd::xmpp
