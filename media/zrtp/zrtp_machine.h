// The inside of a ZrtpAssociation; of this room alone.
#pragma once

#include <deque>
#include <string>

#include "media/zrtp/crypto.h"
#include "media/zrtp/messages.h"
#include "media/zrtp/zrtp_association.h"

namespace commd::zrtp {

class ZrtpAssociation::Machine {
 public:
  Machine(OwnHello own, const HashImage& peer_hello, ZrtpOptions options);

  void start(base::MonoTime now);
  void receive(View datagram, base::MonoTime now);
  bool is_announced(View datagram) const;
  void tick(base::MonoTime now);
  void wait_longer(base::MonoTime now) { give_up_at_ = now + options_.patience; }
  std::optional<base::MonoTime> deadline() const;
  std::optional<Bytes> take_datagram();

  ZrtpState state = ZrtpState::idle;
  base::Error error;
  std::optional<SrtpKeys> keys;
  std::optional<Outcome> outcome;
  size_t ignored = 0;

 private:
  // What is waited for.
  enum class Awaiting { hello, commit, part1, part2, confirm1, confirm2, conf2_ack, nothing };
  struct Resend {
    Bytes message;
    base::MonoTime at{};
    std::chrono::milliseconds pause{};
    std::chrono::milliseconds longest{};
  };

  // Each says whether the message was of use.
  bool handle(const Packet& packet, base::MonoTime now);
  bool on_hello(View message, base::MonoTime now);
  bool on_hello_ack(base::MonoTime now);
  bool on_commit(View message, base::MonoTime now);
  bool on_part1(View message, base::MonoTime now);
  bool on_part2(View message);
  bool on_confirm1(View message, base::MonoTime now);
  bool on_confirm2(View message);
  bool on_conf2_ack();
  bool on_error(View message);
  bool on_ping(const Packet& packet);

  bool is_peers_chain(const HashImage& h2) const;
  bool take_peer_part(const DhPart& part, View message);
  bool open_confirm(View message);
  Bytes seal_confirm(MessageType type) const;
  Bytes own_part(MessageType type) const;
  bool outbids(const Commit& theirs) const;

  void commit(base::MonoTime now);
  void become_responder(const Commit& theirs, View message);
  void finish();
  void fail(base::Error why);
  base::Error timed_out() const;

  bool refuse(const char* what);
  void send(View message);
  void seal(Bytes& message, size_t image) const;
  void send_again(Bytes message, std::chrono::milliseconds first, std::chrono::milliseconds longest,
                  base::MonoTime now);

  const OwnHello own_;
  const HashImage expected_;
  const ZrtpOptions options_;
  uint16_t sequence_;
  std::deque<Bytes> outgoing_;

  Awaiting awaiting_ = Awaiting::hello;
  Role role_ = Role::initiator;
  base::MonoTime started_{};
  base::MonoTime give_up_at_{};
  bool doubted_ = false;  // it gives up earlier
  std::optional<Resend> resend_;
  std::optional<base::MonoTime> commit_at_;
  bool hello_acked_ = false;

  std::optional<Hello> peer_;
  Bytes peer_hello_;
  Remembered remembered_;
  Choice choice_;
  std::optional<KeyPair> pair_;
  HashImage peer_h1_{};
  HashImage peer_h2_{};
  // As they went over the wire.
  Bytes commit_;
  Bytes part1_;
  Bytes part2_;
  Bytes own_confirm_;
  Bytes peer_confirm_;
  const RetainedSecret* shared_ = nullptr;  // one of remembered_
  std::optional<KeySchedule> schedule_;
  Confirm said_;  // by the far end

  // For the words at the deadline.
  bool heard_ = false;
  bool strange_hello_ = false;
  std::optional<uint32_t> peer_error_;
  std::string problem_;
};

}  // namespace commd::zrtp
