// One file from device to device (XEP-0234 0.19): offered, accepted, brought over by SOCKS5 or in
// band, checked.
//
// XMPP thread. What comes in is hostile.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "daemon/disk/part_file.h"
#include "daemon/disk/source_file.h"
#include "daemon/ports/clock.h"
#include "daemon/ports/files.h"
#include "daemon/ports/timers.h"
#include "daemon/xmpp/file_bytes.h"
#include "daemon/xmpp/file_disk.h"
#include "daemon/xmpp/ibb_bytes.h"
#include "daemon/xmpp/iq_requests.h"
#include "daemon/xmpp/jingle_file.h"
#include "daemon/xmpp/jingle_sessions.h"
#include "daemon/xmpp/s5b_bytes.h"

namespace commd::xmpp {

class FileSession final : public JingleSession {
 public:
  // The other person decides.
  static constexpr std::chrono::hours accept_patience{24};
  // After all has gone, for the other end to say that it has it; and for a way to be found.
  static constexpr std::chrono::seconds end_patience{60};
  // So long nothing may move: what is stopped then can go on.
  static constexpr std::chrono::seconds idle_patience{120};

  struct Told {
    std::function<void(ports::FileNews)> moved;
    std::function<void(ports::FileEnd)> ended;  // not inside of a call; may destroy it
  };
  // Each outlives it.
  struct Around {
    Jid self;  // full
    JingleSessions& sessions;
    IqRequests& requests;
    S5bWays& ways;
    ports::Timers& timers;
    const ports::Clock& clock;
    const FileDisk& disk;
    std::function<void(const Stanza&)> send;
  };

  // To send.
  FileSession(Around around, Jid peer, ports::FileOffer offer, Told told);
  // What came as an offer; `offer`: read_offer().
  struct Offered {
    std::string content;  // its name
    JingleFile file;
    std::optional<IbbTransport> ibb;
    std::optional<S5bTransport> s5b;
  };
  FileSession(Around around, const JingleStanza& stanza, Offered offered, model::TransferId id,
              Told told);
  ~FileSession() override;

  // Of a session-initiate: nothing where it offers no file, or several.
  static std::optional<Offered> read_offer(const JingleStanza& stanza);

  // Outgoing: says so to the other end.
  void begin();
  // Incoming.
  void accept(ports::FilePlace place);
  // From here: ends it with that reason, told to nobody here.
  void stop();
  // The stream is gone.
  void lost();

  const model::TransferId& id() const { return id_; }
  const Jid& peer() const { return peer_; }
  const JingleFile& file() const { return file_; }
  // True: the iq was for its bytes.
  bool take_iq(const Element& iq) { return bytes_ && bytes_->take_iq(iq); }

  // JingleSession
  std::optional<JingleRefusal> judge(const JingleStanza& stanza) override;
  void take(const JingleStanza& stanza) override;

 private:
  enum class Stage { offered, opening, moving, ending, over };

  S5bBytes* s5b();  // none while it goes another way
  void request(const Stanza& iq, const char* what);
  void take_accept(const JingleStanza& stanza);
  void take_end(const JingleStanza& stanza);
  void take_transport(JingleAction action, const Element& transport);
  void tell_transport(const S5bTransport& news);
  void open_ibb(const IbbTransport& transport, IbbBytes::Opener opener);
  void wait_for_bytes();
  void fall_back();
  FileBytes::Told told_by_bytes();
  void bytes_ended(const base::Result<void>& result);
  void send_accept();

  void moved() { moved_at_ = around_.clock.mono_now(); }
  void watch_idle();
  void open_source();
  void send_next();
  void store(std::string bytes, FileBytes::Then taken);
  void write(std::function<void()> then);
  void complete();
  ports::FileNews news() const;
  void tell();
  void finish(base::Result<void> result, std::optional<JingleReason> reason, std::string path = {});

  Around around_;
  const FileDisk disk_;  // its part is touched by one thread at a time
  Jid peer_;
  model::TransferId id_;
  Told told_;
  const bool outgoing_;
  std::string sid_, content_;
  JingleFile file_;
  std::string path_;  // outgoing
  ports::FilePlace place_;
  std::optional<IbbTransport> ibb_;
  std::optional<S5bTransport> s5b_offer_;
  Stage stage_ = Stage::offered;
  std::unique_ptr<FileBytes> bytes_;
  bool by_s5b_ = false;
  std::shared_ptr<disk::SourceFile> source_;
  std::shared_ptr<disk::PartFile> part_;
  uint64_t at_ = 0;  // bytes that were sent or are on disk
  std::string sha256_;
  base::MonoTime told_at_{};
  base::MonoTime moved_at_{};
  std::string waiting_;  // for the disk
  base::Error lost_;
  ports::TimerHandle patience_, later_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace commd::xmpp
