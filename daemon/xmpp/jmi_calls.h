// The calls of one account that are being proposed (XEP-0353): who rings, who has answered, who
// was first. Ours ring all devices of the other person until one of them says to go on; theirs
// ring this person, here and on the own other devices.
//
// SECURITY: before this person answers, nothing goes out that tells strangers of this device:
// those who may not see its presence hear neither that it rings nor that it was declined.
//
// XMPP thread; no I/O of its own. What comes in is hostile.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "daemon/xmpp/jmi.h"

namespace commd::xmpp {

// Ids are the proposers' own: with the other person's bare address they name a call.
struct JmiKey {
  Jid peer;  // bare
  std::string id;

  friend auto operator<=>(const JmiKey&, const JmiKey&) = default;
  friend bool operator==(const JmiKey&, const JmiKey&) = default;
};

class JmiCalls {
 public:
  static constexpr size_t most_incoming = 32;  // at a time
  static constexpr size_t most_of_one = 4;     // of one person
  // Of strangers, that came too late: somebody may fill a mailbox, and a list of calls not.
  static constexpr size_t most_missed_of_strangers = 16;  // in a session
  // Whoever has proposed longer ago waits no more.
  static constexpr std::chrono::seconds longest_ring{60};

  enum class End {
    retracted,           // by the caller
    rejected,            // by the called person
    busy,                // the same, in these words
    answered_elsewhere,  // on another own device
    rejected_elsewhere,  // the same
    crossed,             // both have called, theirs goes on
    unreachable,         // the proposal came back
    finished,            // the other end says that it is over
  };

  struct Proposal {
    JmiKey key;
    Jid device;  // the caller's, full
    std::vector<model::MediaKind> media;
    bool trusted = false;  // may know that this person is there
  };

  // Told inside of calls to this, which none of them may destroy.
  struct Told {
    std::function<void(const Proposal&)> proposed;
    // It came too late to ring.
    std::function<void(const Proposal&)> missed;
    std::function<void(const JmiKey&, const Jid& device)> ringing;
    // Outgoing: this device is to be called now; told once.
    std::function<void(const JmiKey&, const Jid& device)> proceeded;
    // Nothing more is told of it.
    std::function<void(const JmiKey&, End, const std::string& text)> ended;
  };

  // `self`: this device, full. `trusts`: whether a bare address may see this person's presence.
  JmiCalls(Jid self, std::function<bool(const Jid&)> trusts,
           std::function<void(const Stanza&)> send, Told told);

  // ---- what comes in -------------------------------------------------------------------

  // A message of the other person, or a carbon copy of one of the own other devices. `age`: how
  // long it has waited on its way.
  void take(const JmiMessage& message, std::chrono::seconds age = {});
  // True: an error that one of ours came back with.
  bool take_error(const Element& message);

  // ---- outgoing ------------------------------------------------------------------------

  // `peer`: bare. Gives the key; its id is the session's.
  JmiKey propose(const Jid& peer, const std::vector<model::MediaKind>& media);
  // The person has hung up before a device was to be called.
  void retract(const JmiKey& key);
  // Those of which no device was to be called yet.
  std::vector<JmiKey> unanswered() const;

  // ---- incoming ------------------------------------------------------------------------

  void ring(const JmiKey& key);
  // The person has answered: the caller's device may call now.
  void proceed(const JmiKey& key);
  void reject(const JmiKey& key, const JingleWhy& why);
  // It rings here no more; other devices may go on, and nobody is told.
  void ignore(const JmiKey& key);
  // Whether this person has answered this device's proposal, and it has not called yet.
  bool awaits(const Jid& device, const std::string& id) const;

  // ---- both ----------------------------------------------------------------------------

  // The session that came of it is over, and both ends say so.
  void finish(const JmiKey& key, const JingleWhy& why);
  size_t size() const { return calls_.size(); }

 private:
  enum class Stage { proposed, ringing, proceeded };
  struct Entry {
    bool outgoing = false;
    Stage stage = Stage::proposed;
    Jid device;  // of the other person; empty: none yet
    std::vector<model::MediaKind> media;
    bool trusted = false;
    std::string message_id;  // of our proposal
  };
  using Calls = std::map<JmiKey, Entry>;

  void take_own(const JmiMessage& message);
  void take_proposal(const JmiMessage& message, std::chrono::seconds age);
  bool loses_to_ours(const JmiMessage& message);
  bool has_room_for(const Jid& peer) const;
  void miss(const Proposal& proposal);
  void take_answer(const JmiMessage& message, Calls::iterator call);
  void end(Calls::iterator call, End why, const std::string& text = {});
  Entry* incoming(const JmiKey& key);
  Entry* outgoing(const JmiKey& key);

  Jid self_, account_;
  std::function<bool(const Jid&)> trusts_;
  std::function<void(const Stanza&)> send_;
  Told told_;
  Calls calls_;
  size_t missed_of_strangers_ = 0;
};

}  // namespace commd::xmpp
