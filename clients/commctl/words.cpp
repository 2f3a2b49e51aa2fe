#include "clients/commctl/words.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdio>

#include "clients/client/escape.h"

namespace commd::commctl {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// "AutoAnswer" -> "AUTO_ANSWER_": the prefix that the style of the API gives values.
std::string prefix_of(const google::protobuf::EnumDescriptor& type) {
  std::string prefix;
  for (const char c : type.name()) {
    if (std::isupper(static_cast<unsigned char>(c)) != 0 && !prefix.empty()) prefix += '_';
    prefix += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return prefix + "_";
}

struct EndWords {
  v1::Call::EndReason reason;
  const char* words;
};

constexpr std::array<EndWords, 27> end_words = {{
    {v1::Call::END_REASON_HUNG_UP, "hung up"},
    {v1::Call::END_REASON_CANCELLED, "cancelled before it was answered"},
    {v1::Call::END_REASON_DECLINED, "declined"},
    {v1::Call::END_REASON_BUSY, "busy"},
    {v1::Call::END_REASON_NO_ANSWER, "nobody answered"},
    {v1::Call::END_REASON_ANSWERED_ELSEWHERE, "answered on another device"},
    {v1::Call::END_REASON_NOT_FOUND, "there is nobody of that name"},
    {v1::Call::END_REASON_UNAVAILABLE, "nobody can be reached there now"},
    {v1::Call::END_REASON_FORBIDDEN, "the network does not allow it"},
    {v1::Call::END_REASON_AUTHENTICATION_FAILED, "the server refused the account's password"},
    {v1::Call::END_REASON_INCOMPATIBLE_MEDIA, "no media in common"},
    {v1::Call::END_REASON_ENCRYPTION_REQUIRED,
     "one side wants encryption and the other refuses it"},
    {v1::Call::END_REASON_REDIRECTED, "sent on to another address"},
    {v1::Call::END_REASON_TRANSFERRED, "transferred"},
    {v1::Call::END_REASON_UNREACHABLE, "the server or the far end cannot be reached"},
    {v1::Call::END_REASON_TLS_FAILED, "the server's certificate or its TLS was refused"},
    {v1::Call::END_REASON_TIMEOUT, "the far end never replied"},
    {v1::Call::END_REASON_SERVER_ERROR, "a server failed"},
    {v1::Call::END_REASON_MEDIA_FAILED, "sound could not be set up"},
    {v1::Call::END_REASON_MEDIA_LOST, "no sound came for too long"},
    {v1::Call::END_REASON_LIMIT_REACHED, "a limit of the daemon was reached"},
    {v1::Call::END_REASON_CLIENT_GONE, "the program that placed it went away"},
    {v1::Call::END_REASON_ACCOUNT_OFFLINE, "the account went offline"},
    {v1::Call::END_REASON_DAEMON_STOPPED, "the daemon was stopped"},
    {v1::Call::END_REASON_DAEMON_RESTARTED, "the daemon died during the call"},
    {v1::Call::END_REASON_PROTOCOL_ERROR, "the far end broke the protocol"},
    {v1::Call::END_REASON_INTERNAL_ERROR, "a fault in the daemon; its log says more"},
}};

std::string reason_text(v1::Call::EndReason reason) {
  const auto* const found = std::find_if(end_words.begin(), end_words.end(),
                                         [&](const EndWords& e) { return e.reason == reason; });
  if (found != end_words.end()) return found->words;
  return lower(enum_word(*v1::Call::EndReason_descriptor(), reason));
}

std::string ended_by_text(v1::Call::EndedBy by) {
  if (by == v1::Call::ENDED_BY_LOCAL) return " by you";
  if (by == v1::Call::ENDED_BY_REMOTE) return " by the far end";
  if (by == v1::Call::ENDED_BY_NETWORK) return " by the network";
  return by == v1::Call::ENDED_BY_DAEMON ? " by the daemon" : "";
}

// Escaped, where it is too long: the cut must not fall into a character.
std::string shortened(const std::string& text, size_t columns) {
  const std::string escaped = client::escape_line(text);
  return client::display_width(escaped) <= columns ? text : client::clip(escaped, columns);
}

}  // namespace

std::string enum_word(const google::protobuf::EnumDescriptor& type, int value) {
  const auto* const known = type.FindValueByNumber(value);
  if (known == nullptr) return std::to_string(value);
  const std::string prefix = prefix_of(type);
  const std::string& name = known->name();
  return lower(name.starts_with(prefix) ? name.substr(prefix.size()) : name);
}

std::vector<std::string> enum_words(const google::protobuf::EnumDescriptor& type) {
  std::vector<std::string> words;
  for (int i = 0; i < type.value_count(); ++i)
    if (type.value(i)->number() != 0) words.push_back(enum_word(type, type.value(i)->number()));
  return words;
}

std::string word_of(v1::Account::State state) {
  return enum_word(*v1::Account::State_descriptor(), state);
}
std::string word_of(v1::Account::Protocol protocol) {
  return enum_word(*v1::Account::Protocol_descriptor(), protocol);
}
std::string word_of(v1::Call::State state) {
  return enum_word(*v1::Call::State_descriptor(), state);
}
std::string word_of(v1::Message::State state) {
  return enum_word(*v1::Message::State_descriptor(), state);
}
std::string word_of(v1::Call::Direction direction) {
  return enum_word(*v1::Call::Direction_descriptor(), direction);
}

Style style_of(v1::Account::State state) {
  if (state == v1::Account::STATE_ONLINE) return Style::good;
  if (state == v1::Account::STATE_FAILED) return Style::bad;
  return state == v1::Account::STATE_DISABLED ? Style::dim : Style::warning;
}

Style style_of(v1::Call::State state) {
  if (state == v1::Call::STATE_ACTIVE) return Style::good;
  return state == v1::Call::STATE_ENDED ? Style::dim : Style::warning;
}

bool talks(const v1::Call& call) {
  const bool answered =
      call.state() == v1::Call::STATE_ACTIVE || call.state() == v1::Call::STATE_HELD;
  return answered && !call.held_by_local();
}

std::string state_text(const v1::Call& call) {
  std::string text = word_of(call.state());
  if (call.held_by_local() && call.held_by_remote()) {
    text += " by both";
  } else if (call.held_by_local()) {
    text += " by you";
  } else if (call.held_by_remote()) {
    text += " by them";
  }
  if (call.muted()) text += ", muted";
  if (call.recording()) text += ", recording";
  return text;
}

std::string end_text(const v1::Call& call) {
  if (call.end_reason() == v1::Call::END_REASON_UNSPECIFIED) return "not confirmed by the daemon";
  std::string text = reason_text(call.end_reason());
  if (call.end_reason() == v1::Call::END_REASON_HUNG_UP) text += ended_by_text(call.ended_by());
  std::string code = call.end_sip_code() != 0 ? std::to_string(call.end_sip_code()) : "";
  if (code.empty()) code = call.end_jingle_reason();
  std::string remark = code;
  if (!call.end_text().empty()) remark += (code.empty() ? "" : " ") + call.end_text();
  // 200 and 487 belong to every ordinary end and say nothing.
  if (remark.empty() || call.end_sip_code() == 200 || call.end_sip_code() == 487) return text;
  return text + " (" + remark + ")";
}

std::string transfer_request_text(const v1::Call& call) {
  if (!call.has_transfer_request()) return {};
  return "they ask you to call " + shortened(call.transfer_request().target(), 128) + " instead";
}

std::string transfer_text(const v1::TransferStatus& transfer) {
  std::string text = "Transfer to " + transfer.target() + ": " +
                     enum_word(*v1::TransferStatus::State_descriptor(), transfer.state());
  if (transfer.state() != v1::TransferStatus::STATE_FAILED || transfer.sip_code() == 0) return text;
  return text + " (" + std::to_string(transfer.sip_code()) + " " + transfer.text() + ")";
}

std::string party_text(const v1::Party& party) {
  // Both are the far end's to choose: they may fill a line, not a screen.
  const std::string address = shortened(party.address(), 128);
  if (party.display_name().empty()) return address.empty() ? "unknown" : address;
  return shortened(party.display_name(), 64) + " <" + address + ">";
}

std::string security_text(const v1::CallSecurity& security) {
  std::string how = security.mechanism();
  if (!security.suite().empty()) how += (how.empty() ? "" : ", ") + security.suite();
  if (!how.empty()) how = " (" + how + ")";
  if (security.mismatch())
    return "encrypted, perhaps not with whom you think: compare " + security.sas() + how;
  if (!security.sas().empty() && !security.verified_here())
    return "encrypted, compare " + security.sas() + " to verify the far end" + how;
  switch (static_cast<int>(security.level())) {
    case v1::CallSecurity::LEVEL_UNSPECIFIED:
      return "not known yet";
    case v1::CallSecurity::LEVEL_NONE:
      return "not encrypted";
    case v1::CallSecurity::LEVEL_KEY_EXPOSED:
      return "key exposed: whoever saw the signalling can listen" + how;
    case v1::CallSecurity::LEVEL_ENCRYPTED:
      return "encrypted, far end not verified" + how;
    case v1::CallSecurity::LEVEL_VERIFIED:
      return "encrypted, far end verified" + how;
    default:
      return "unknown to this client" + how;
  }
}

Style style_of(const v1::CallSecurity& security) {
  if (security.mismatch()) return Style::warning;
  if (security.level() == v1::CallSecurity::LEVEL_VERIFIED ||
      security.level() == v1::CallSecurity::LEVEL_ENCRYPTED)
    return Style::good;
  return security.level() == v1::CallSecurity::LEVEL_UNSPECIFIED ? Style::dim : Style::warning;
}

std::string codec_text(const std::string& codec) {
  const size_t slash = codec.find('/');
  int rate = 0;
  if (slash != std::string::npos)
    std::from_chars(codec.data() + slash + 1, codec.data() + codec.size(), rate);
  if (rate <= 0) return codec.empty() ? "none yet" : codec;
  std::array<char, 32> buffer{};
  std::snprintf(buffer.data(), buffer.size(), " %g kHz", rate / 1000.0);
  return codec.substr(0, slash) + buffer.data();
}

std::string mos_word(double mos) {
  if (mos <= 0) return "";
  if (mos >= 4.3) return "excellent";
  if (mos >= 4.0) return "good";
  if (mos >= 3.6) return "fair";
  return mos >= 3.1 ? "poor" : "bad";
}

}  // namespace commd::commctl
