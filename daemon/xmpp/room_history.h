// What was said in a room while this end was away: from the room's archive (XEP-0313) where it has
// one, else as the room tells it on entering (XEP-0045 section 7.2.13). What is told twice is known
// by its fingerprint; the place from where to go on moves when all before it is on disk.
//
// The state alone: no socket and no timer. XMPP thread. What comes in is hostile.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "daemon/base/time.h"
#include "daemon/xmpp/archive_catch_up.h"
#include "daemon/xmpp/jid.h"
#include "daemon/xmpp/muc_presence.h"
#include "daemon/xmpp/stanza.h"

namespace commd::xmpp {

class RoomHistory {
 public:
  static constexpr unsigned first_messages = 100;  // the first time
  static constexpr unsigned most_told = 500;       // by a room without an archive
  // Clocks differ: so much of what is known is asked for once more.
  static constexpr std::chrono::seconds overlap{60};

  // `place`: as place() was last; may be empty.
  RoomHistory(const Jid& account, const Jid& room, std::string place)
      : catch_up_(account, room, first_messages), place_(std::move(place)) {}

  // On the way in: what the room is to tell by itself.
  HistoryWish wish(bool has_archive) const;
  // In: the first question to the archive; nothing where there is none.
  std::optional<Stanza> begin(bool has_archive, base::WallTime now);
  // Out, or cut: nothing is answered any more.
  void stop();
  // The archive does not answer, or the room tells nothing more.
  void settle();
  // What may have been said before is known.
  bool settled() const { return settled_; }

  // A result of the archive; nothing: it is for nothing.
  std::optional<Forwarded> take(const Element& message, base::WallTime now) {
    return catch_up_.take(message, now);
  }
  bool take_iq(const Element& iq) { return catch_up_.take_iq(iq); }
  // A message goes to the disk. `archived`: by a result of the archive.
  void opened(uint64_t ticket, bool archived, const std::string& id, base::WallTime time);
  void stored(uint64_t ticket);
  void not_stored() { catch_up_.repeated(); }
  // The server repeats what was not acknowledged.
  void forget_tickets() {
    live_.clear();
    catch_up_.repeated();
  }
  // After take_iq() and stored(): the next question.
  std::optional<Stanza> go_on();

  // Up to there all is on disk: an id of the archive, or "@" and seconds since 1970.
  const std::string& place() const { return place_; }
  void forget() { place_.clear(); }

 private:
  struct Live {
    std::string id;
    base::WallTime time{};
    bool stored = false;
  };
  bool by_time() const { return place_.starts_with('@'); }
  void advance();

  ArchiveCatchUp catch_up_;
  std::string place_;
  bool has_archive_ = false;
  bool settled_ = false;
  bool complete_ = false;          // nothing is missing before what comes now
  std::map<uint64_t, Live> live_;  // by ticket: came, and waits for the disk
};

}  // namespace commd::xmpp
