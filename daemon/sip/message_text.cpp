#include "daemon/sip/message_text.h"

#include <openssl/evp.h>
#include <sofia-sip/msg_header.h>
#include <strings.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "daemon/base/escape.h"
#include "daemon/model/message.h"
#include "daemon/sip/sip_text.h"

namespace commd::sip {
namespace {

constexpr size_t most_id_bytes = 256;

bool same_word(const char* a, const char* b) {
  return a != nullptr && b != nullptr && strcasecmp(a, b) == 0;
}

// text/plain in a character set that UTF-8 holds. No type at all is taken for it.
bool is_plain_text(const sip_t* sip) {
  const sip_content_type_t* type = sip->sip_content_type;
  if (type == nullptr) return true;
  if (!same_word(type->c_type, "text/plain")) return false;
  const char* charset = msg_header_find_param(type->c_common, "charset=");
  if (charset == nullptr) return true;
  std::string name = charset;
  std::erase(name, '"');
  return same_word(name.c_str(), "utf-8") || same_word(name.c_str(), "us-ascii") ||
         same_word(name.c_str(), "utf8");
}

bool is_encoded(const sip_t* sip) {
  const sip_content_encoding_t* encoding = sip->sip_content_encoding;
  if (encoding == nullptr || encoding->k_items == nullptr) return false;
  for (const msg_param_t* item = encoding->k_items; *item != nullptr; ++item)
    if (!same_word(*item, "identity")) return true;
  return false;
}

std::string text_of(const sip_t* sip) {
  const sip_payload_t* payload = sip->sip_payload;
  if (payload == nullptr || payload->pl_data == nullptr) return {};
  std::string text = base::to_valid_utf8({payload->pl_data, payload->pl_len});
  std::replace(text.begin(), text.end(), '\0', ' ');
  if (text.size() > model::max_message_bytes) {
    size_t end = model::max_message_bytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
    text.resize(end);
  }
  return text;
}

std::string sha256(const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    hex += digits[digest.at(i) >> 4U];
    hex += digits[digest.at(i) & 15U];
  }
  return hex;
}

std::string fingerprint_of(const sip_t* sip, const std::string& peer) {
  if (sip->sip_call_id == nullptr || sip->sip_call_id->i_id == nullptr || sip->sip_cseq == nullptr)
    return {};
  const char* tag = sip->sip_from->a_tag;
  return sha256(peer + "\n" + (tag == nullptr ? "" : tag) + "\n" + sip->sip_call_id->i_id + "\n" +
                std::to_string(sip->sip_cseq->cs_seq));
}

struct Meaning {
  const char* reason;
  const char* words;
};

Meaning meaning_of(int status) {
  switch (status) {
    case 401:
    case 407:
      return {"LOGIN_REFUSED", "the server does not take the account's password for this"};
    case 403:
      return {"MESSAGE_FORBIDDEN", "the far end forbids it"};
    case 404:
    case 410:
    case 484:
    case 485:
    case 604:
      return {"RECIPIENT_UNKNOWN", "there is nobody of that address"};
    case 405:
    case 501:
      return {"MESSAGES_NOT_ACCEPTED", "the far end takes no messages"};
    case 408:
      return {"NO_ANSWER", "the far end did not answer in time"};
    case 406:
    case 415:
    case 488:
    case 606:
      return {"TEXT_NOT_ACCEPTED", "the far end takes no plain text"};
    case 413:
    case 513:
      return {"MESSAGE_TOO_LARGE", "it is too long for the far end; send it in parts"};
    case 480:
      return {"RECIPIENT_UNAVAILABLE", "the other person is not there now; try again later"};
    case 482:
    case 483:
      return {"ROUTE_LOOP", "the servers send it round in a circle"};
    case 486:
    case 600:
      return {"RECIPIENT_BUSY", "the other person is busy; try again later"};
    case 603:
    case 607:
    case 608:
      return {"RECIPIENT_DECLINED", "the other person, or who filters for them, declined it"};
    default:
      break;
  }
  if (status < 400) return {"RECIPIENT_MOVED", "the other person is to be written to elsewhere"};
  if (status >= 500 && status < 600)
    return {"SERVER_UNAVAILABLE", "a server on the way has a fault"};
  return {"MESSAGE_REFUSED", "it was refused"};
}

}  // namespace

ReadMessage read_message(const sip_t* sip) {
  ReadMessage read;
  if (sip == nullptr || sip->sip_from == nullptr) {
    read.answer = {400, "Bad Request"};
    return read;
  }
  read.peer = sender_address(sip);
  if (!read.peer.starts_with("sip:") && !read.peer.starts_with("sips:"))
    read.answer = {403, "From Is No SIP Address"};
  else if (!is_plain_text(sip) || is_encoded(sip))
    read.answer = {415, "Unsupported Media Type"};
  read.text = text_of(sip);
  if (read.answer.code == 200 && read.text.empty()) read.answer = {400, "Nothing In It"};
  read.fingerprint = fingerprint_of(sip, read.peer);
  if (sip->sip_call_id != nullptr && sip->sip_call_id->i_id != nullptr)
    read.call_id =
        base::to_valid_utf8(std::string_view(sip->sip_call_id->i_id).substr(0, most_id_bytes));
  return read;
}

MessageFailure failure_of(int status, const std::string& phrase, bool made_up) {
  if (made_up && status == 408)
    return {"NO_ANSWER", "nobody answered within half a minute; it may have arrived all the same"};
  if (made_up)
    return {
        "SERVER_UNREACHABLE",
        "the server, or the other person's phone, could not be reached (" + one_line(phrase) + ")"};
  const Meaning meaning = meaning_of(status);
  return {meaning.reason, std::string(meaning.words) + " (" + std::to_string(status) + " " +
                              one_line(phrase) + ")"};
}

}  // namespace commd::sip
