// What the mailbox of an account says: messages wait there (RFC 3842). Values; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace commd::model {

enum class MailboxState {
  off,          // not asked: the account does not register, or does not want it
  unknown,      // it has not been told yet
  known,        // what is told here was told last
  unsupported,  // the server has no such thing
  refused,      // the server does not tell this account
};

// Of one kind of messages. Each at most max_waiting_messages.
inline constexpr uint32_t max_waiting_messages = 1'000'000;
struct MessageCount {
  std::string kind;  // "voice", "fax", "pager", "multimedia", "text"
  uint32_t fresh = 0, old = 0;
  uint32_t urgent_fresh = 0, urgent_old = 0;  // of those

  friend bool operator==(const MessageCount&, const MessageCount&) = default;
};

struct MessageWaiting {
  MailboxState state = MailboxState::off;
  std::string state_message;  // why it is unsupported, refused or not known, in words
  bool waiting = false;
  // Where the mailbox is called: a sip:, sips: or tel: URI; empty: not said.
  std::string mailbox;
  std::vector<MessageCount> counts;  // each kind once

  friend bool operator==(const MessageWaiting&, const MessageWaiting&) = default;
};

}  // namespace commd::model
