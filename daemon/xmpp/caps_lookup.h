// Which program a hash in presence stands for (XEP-0115): asked of one who says it, believed
// when the answer has that hash, and remembered for all who say it.
//
// XMPP thread. What comes in is hostile: all is bounded, and nobody can say anything of
// another's program.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "daemon/xmpp/iq_requests.h"
#include "daemon/xmpp/jid.h"
#include "daemon/xmpp/presence_stanza.h"

namespace commd::xmpp {

// As it says; valid UTF-8.
struct Program {
  std::string name;  // of its identity "client", at most 256 bytes
  std::string type;  // "pc", "phone" ...
};

class CapsLookup {
 public:
  static constexpr size_t most_known = 1000;
  static constexpr size_t most_wanted = 256;
  static constexpr size_t most_asked = 8;  // at a time
  static constexpr size_t most_liars = 8;  // asked about one hash

  // `learned`: find() knows it now. The requests outlive it.
  CapsLookup(IqRequests& requests, std::function<void(const Caps&)> learned)
      : requests_(requests), learned_(std::move(learned)) {}

  // Null: not known; then `who`, who says it, is asked.
  const Program* find(const Caps& caps, const Jid& who);
  // A new session: whoever was asked may be gone.
  void forget_asked();

 private:
  struct Wanted {
    Caps caps;
    std::deque<Jid> who;  // those not asked yet
    size_t asked = 0;
  };
  void ask_more();
  void answered(const std::string& key, const base::Result<Element>& answer);
  void keep(const std::string& key, Program program);

  IqRequests& requests_;
  std::function<void(const Caps&)> learned_;
  std::map<std::string, Program> known_;  // by hash and ver
  std::deque<std::string> known_order_;
  std::map<std::string, Wanted> wanted_;
  std::deque<std::string> queue_;  // of wanted_: nobody is being asked
  size_t asked_ = 0;
  uint64_t session_ = 0;
};

}  // namespace commd::xmpp
