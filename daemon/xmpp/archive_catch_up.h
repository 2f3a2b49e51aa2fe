// Asks an archive (XEP-0313 1.1), the account's own or a room's, for what happened while this end
// was away, page by page (XEP-0059), from where it knew everything before.
//
// Without such a place - the first login, or an archive that has forgotten it - the newest
// `first_messages` of the last `first_days` are taken: their beginning is looked for backwards,
// then they are read forwards, so that a correction comes after what it corrects.
//
// A page is done when all of it is on disk; then, and not before, its end is the new place.
// The state alone: no socket and no timer. XMPP thread. What comes in is hostile.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "daemon/base/time.h"
#include "daemon/xmpp/forwarded.h"
#include "daemon/xmpp/jid.h"
#include "daemon/xmpp/stanza.h"

namespace commd::xmpp {

class ArchiveCatchUp {
 public:
  static constexpr unsigned page_messages = 100;
  static constexpr unsigned first_messages = 500;
  static constexpr std::chrono::hours first_days{7 * 24};
  // More is not asked for in one session: an archive that never ends is none.
  static constexpr unsigned most_pages = 2000;

  // `account`: bare. `archive`: the room whose archive it is; empty: the account's own.
  explicit ArchiveCatchUp(Jid account, Jid archive = {}, unsigned first = first_messages)
      : account_(std::move(account)), archive_(std::move(archive)), first_(first) {}

  // A new session. `place`: an archive id, or empty. Gives the first question.
  Stanza begin(std::string place, base::WallTime now);
  bool running() const { return phase_ != Phase::idle; }
  // It goes on where it knew everything: what is found now came during an absence.
  bool continues() const { return continues_; }
  // No more of it in this session.
  void give_up();

  // A result of the page that is asked for, which is to be dealt with. `ticket` counts until
  // dealt_with(); the results of a search for the beginning are for nothing.
  std::optional<Forwarded> take(const Element& message, base::WallTime now);
  void opened(uint64_t ticket) { open_.insert(ticket); }
  void dealt_with(uint64_t ticket) { open_.erase(ticket); }
  // One could not be stored: all that was not acknowledged comes again.
  void repeated();

  // True: it was the answer to a question.
  bool take_iq(const Element& iq);

  // After take_iq() and dealt_with().
  struct Step {
    std::string place;             // up to here all is known now; empty: nothing new
    std::optional<Stanza> next{};  // the next question
    bool done = false;             // there is no more to come
    bool whole = false;            // done, and nothing is missing
  };
  std::optional<Step> step();

 private:
  enum class Phase { idle, searching, reading };
  struct Answer {
    bool error = false;
    bool complete = false;
    std::string first, last;
    bool lost = false;  // the archive does not know the place
  };

  Stanza ask();
  Step after_search(const Answer& answer);
  Step after_page(const Answer& answer);
  Step finished(std::string place, bool whole);

  Jid account_;
  Jid archive_;
  unsigned first_;
  Phase phase_ = Phase::idle;
  bool continues_ = false;
  std::string place_;       // read from behind it
  std::string before_;      // searching: the oldest that was seen
  base::WallTime start_{};  // no older ones, where there is no place
  unsigned found_ = 0;      // searching: so many
  unsigned on_page_ = 0;
  unsigned pages_ = 0;
  std::string asked_;  // id of the question, and of its query
  std::optional<Answer> answer_;
  std::set<uint64_t> open_;
};

}  // namespace commd::xmpp
