#include "clients/commctl/message_words.h"

#include <iostream>
#include <iterator>

#include "clients/commctl/file_text.h"

namespace commd::commctl {

std::string text_word(const Context& context, size_t n) {
  std::string text = context.word(n);
  if (text != "-") return text;
  text.assign(std::istreambuf_iterator<char>(std::cin), {});
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

Argument message_argument() {
  return {"MESSAGE", "its id or the beginning of it; \"message list\" shows them"};
}

std::string short_id(const v1::Message& message) { return message.id().substr(0, 8); }

std::string shown_text(const v1::Message& message) {
  if (message.retracted()) return "(taken back)";
  if (message.has_attachment()) {
    const std::string file = "[file " + attachment_text(message.attachment()) + "]";
    return message.text() == message.attachment().url() ? file : message.text() + " " + file;
  }
  return message.text() + (message.has_edit_time() ? " (edited)" : "");
}

std::string reactions_text(const v1::Message& message) {
  std::string text;
  for (const v1::Reaction& each : message.reactions()) {
    if (!text.empty()) text += ", ";
    for (const std::string& emoji : each.emojis()) text += emoji + " ";
    text += "by " + (each.sender().empty() ? "this person" : each.sender());
  }
  return text;
}

int show_message(const Context& context, const v1::Message& message, const std::string& what) {
  if (context.out().json())
    context.out().print(message);
  else
    context.out().say(message.peer() + ": " + what);
  return 0;
}

}  // namespace commd::commctl
