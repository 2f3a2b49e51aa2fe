// What a chat knows of what was said: what is shown already, what commands mean by the last
// message, and whether the other one is typing. Pure; any one thread.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "commd/v1/message.pb.h"

namespace commd::commctl {

class ChatMemory {
 public:
  // A message of this chat, new or told once more. As it was before; empty: it is new.
  std::optional<v1::Message> take(const v1::Message& message);
  void take(const v1::Typing& typing);

  // Ids; empty: there is none. Of those who speak, whatever becomes of older messages.
  const std::string& last_own() const { return last_own_; }
  const std::string& last_theirs() const { return last_theirs_; }
  // The last of theirs that had a file.
  const std::string& last_file() const { return last_file_; }
  // The newest that nobody has read here; then it is empty.
  std::string take_unread();
  bool has_unread() const { return !unread_.empty(); }
  // Empty: nothing was said here yet.
  std::optional<v1::Message::State> state_of_last_own() const;
  bool they_type() const { return they_type_; }

 private:
  std::map<std::string, v1::Message> messages_;
  std::string last_own_;
  std::string last_theirs_;
  std::string last_file_;
  std::string unread_;
  bool they_type_ = false;
};

}  // namespace commd::commctl
