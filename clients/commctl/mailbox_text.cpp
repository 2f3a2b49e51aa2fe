#include "clients/commctl/mailbox_text.h"

#include <string>

namespace commd::commctl {
namespace {

std::string because(const std::string& words, const v1::MessageWaiting& mailbox) {
  return mailbox.state_message().empty() ? words : words + " (" + mailbox.state_message() + ")";
}

std::string counted(int count, const std::string& what) {
  return std::to_string(count) + " new " + what + (count == 1 ? "" : "s");
}

std::string known_text(const v1::MessageWaiting& mailbox) {
  std::string text;
  if (mailbox.voice_new() > 0) {
    text = counted(mailbox.voice_new(), "voice message");
    if (mailbox.voice_urgent() > 0)
      text += " (" + std::to_string(mailbox.voice_urgent()) + " urgent)";
  }
  if (mailbox.other_new() > 0)
    text += (text.empty() ? "" : ", ") + counted(mailbox.other_new(), "other message");
  if (text.empty()) text = mailbox.waiting() ? "messages wait" : "nothing new";
  if (mailbox.voice_old() > 0) text += ", " + std::to_string(mailbox.voice_old()) + " old";
  if (!mailbox.address().empty()) text += "; call " + mailbox.address();
  return text;
}

}  // namespace

Span mailbox_span(const v1::MessageWaiting& mailbox) {
  const v1::MessageWaiting::State state = mailbox.state();
  if (state == v1::MessageWaiting::STATE_KNOWN)
    return {known_text(mailbox), mailbox.waiting() ? Style::warning : Style::plain};
  if (state == v1::MessageWaiting::STATE_UNSUPPORTED)
    return {because("the server tells of none", mailbox), Style::dim};
  if (state == v1::MessageWaiting::STATE_REFUSED)
    return {because("the server does not tell", mailbox), Style::dim};
  return {because("the server has told nothing yet", mailbox), Style::dim};
}

bool waits(const v1::Account& account) {
  return account.message_waiting().state() == v1::MessageWaiting::STATE_KNOWN &&
         account.message_waiting().waiting();
}

}  // namespace commd::commctl
