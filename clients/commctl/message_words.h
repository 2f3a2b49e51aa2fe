// What the commands of messages have in common. Main thread.
#pragma once

#include <string>

#include "clients/commctl/context.h"
#include "commd/v1/message.pb.h"

namespace commd::commctl {

// The nth word, or all of stdin for "-", without the line ends behind it.
std::string text_word(const Context& context, size_t n);
// Which message a command is about.
Argument message_argument();
// "8f2c41d0": enough of an id to name a message.
std::string short_id(const v1::Message& message);
// The text as it is now, with what was done to it: "hello (edited)", "(taken back)"; of a file
// "[file photo.jpg, 1.5 MB]".
std::string shown_text(const v1::Message& message);
// "+1 by this person, heart by xmpp:bob@example.org"; empty: none.
std::string reactions_text(const v1::Message& message);
// A changed message, as JSON or in words; gives the exit code.
int show_message(const Context& context, const v1::Message& message, const std::string& what);

}  // namespace commd::commctl
