// The files of one account on the wire: what its server does for them (XEP-0363, XEP-0065's
// proxies), asked anew in each session; and those that go from device to device.
//
// XMPP thread. What comes in is hostile.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/ports/clock.h"
#include "daemon/ports/files.h"
#include "daemon/ports/timers.h"
#include "daemon/xmpp/byte_network.h"
#include "daemon/xmpp/file_disk.h"
#include "daemon/xmpp/file_session.h"
#include "daemon/xmpp/iq_requests.h"
#include "daemon/xmpp/jingle_sessions.h"
#include "daemon/xmpp/roster.h"
#include "daemon/xmpp/stream_management.h"

namespace commd::xmpp {

// What files between devices need besides the stream.
struct FileServices {
  ByteNetwork& network;
  const FileDisk& disk;
};

class FileFlow {
 public:
  using SlotDone = std::function<void(base::Result<ports::UploadSlot>)>;
  // A server's parts that are looked at.
  static constexpr size_t most_items = 20;
  // Of one person, of whom one is to get a file.
  static constexpr size_t most_devices = 10;
  static constexpr size_t most_proxies = 4;

  // Each outlives it.
  struct Parts {
    model::AccountId id;
    Jid account;  // bare
    ports::Timers& timers;
    const ports::Clock& clock;
    const Roster& roster;
    ports::FileEvents& events;
    JingleSessions& sessions;
    const FileServices* services = nullptr;  // none: no files between devices
    bool by_proxy_alone = false;             // this end's addresses are told to nobody
    std::function<bool()> server_is_here;    // as S5bWays has it
    // Those of a person that are there, the one to be asked first before the others.
    std::function<std::vector<Jid>(const Jid&)> devices;
    // Something was sent outside of all calls.
    std::function<void()> flush;
    // False: too much waits already.
    std::function<bool(const Stanza&, StanzaKind)> send;
  };
  explicit FileFlow(Parts parts);
  FileFlow(const FileFlow&) = delete;
  FileFlow& operator=(const FileFlow&) = delete;

  // ---- the session -------------------------------------------------------------------

  // `self`: this end, full.
  void session_began(const Jid& self);
  void session_resumed();
  void session_cut(bool can_resume);
  void session_ended();

  // True: it was for this; a reply is sent.
  bool take_iq(const Element& iq);

  // See ports::Files.
  void ask_slot(const ports::SlotWish& wish, SlotDone done);
  void offer(ports::FileOffer offer);
  void accept(const model::TransferId& id, ports::FilePlace place);
  void stop(const model::TransferId& id);

 private:
  struct Upload {
    Jid service;
    uint64_t most_bytes = 0;  // 0: not said
  };

  enum class Known { nothing, asked, all };

  void when_known(std::function<void()> then);
  void look();
  void ask_known_slot(const ports::SlotWish& wish, const SlotDone& done);
  void look_at(const Jid& part);
  void looked();
  void learn(const Jid& part, const Element& query);
  void learn_proxy(const Jid& proxy);
  void take_streamhost(const Jid& proxy, const Element& element);
  void find_device(ports::FileOffer offer, std::vector<Jid> devices);
  void offer_to(const Jid& device, ports::FileOffer offer);
  void fail(const model::TransferId& id, base::Error why);
  std::optional<JingleRefusal> judge_offer(const JingleStanza& stanza) const;
  void take_offer(const JingleStanza& stanza);
  FileSession::Around around();
  FileSession::Told told();
  void lose_sessions();

  Parts parts_;
  IqRequests requests_;
  bool online_ = false;
  Known known_ = Known::nothing;  // of what the server can do
  size_t looking_ = 0;            // answers that are waited for
  std::vector<std::function<void()>> waiting_;
  uint64_t session_ = 0;
  std::optional<Upload> upload_;
  S5bWays ways_;
  Jid self_;
  std::map<model::TransferId, std::unique_ptr<FileSession>> sessions_;
};

}  // namespace commd::xmpp
