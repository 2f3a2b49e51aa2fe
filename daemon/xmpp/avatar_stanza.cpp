#include "daemon/xmpp/avatar_stanza.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "daemon/base/escape.h"
#include "daemon/model/contact.h"
#include "daemon/xmpp/crypto.h"
#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

// Of one that may be fetched; nothing where none of them may.
std::optional<std::string> usable_picture(const Element& metadata) {
  for (const Element info : metadata) {
    if (!info.is("info", ns::kAvatarMetadata)) continue;
    // Elsewhere on the web it would be fetched from whomever he likes.
    if (info.has_attribute("url")) continue;
    const std::string_view size = info.attribute("bytes");
    size_t bytes = 0;
    const auto read = std::from_chars(size.data(), size.data() + size.size(), bytes);
    std::string hash = lower(info.id());
    if (read.ec == std::errc() && bytes <= model::max_picture_bytes && model::is_picture_hash(hash))
      return hash;
  }
  return metadata.first_child() ? std::nullopt : std::optional(std::string());
}

// Base64 on the wire may be broken into lines.
std::optional<std::string> bytes_of(const std::string& text) {
  if (text.size() > model::max_picture_bytes * 3 / 2) return std::nullopt;
  std::string whole;
  for (const char c : text)
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') whole += c;
  return base64_decode(whole);
}

MutableElement publish(Stanza& iq, const char* node, std::string_view id) {
  const MutableElement item =
      iq.add("pubsub", ns::kPubsub).add("publish").set("node", node).add("item");
  if (!id.empty()) item.set("id", id);
  return item;
}

}  // namespace

std::optional<PersonalNews> read_personal_event(const Element& message) {
  const Element items = message.child("event", ns::kPubsubEvent).child("items", ns::kPubsubEvent);
  if (!items || message.type() == "error") return std::nullopt;
  auto who = Jid::parse(message.from());
  if (!who || !who->is_bare()) return std::nullopt;
  const std::string_view node = items.attribute("node");
  PersonalNews news{std::move(*who), {}, {}};
  const Element item = items.child("item", ns::kPubsubEvent);
  if (node == ns::kAvatarMetadata) {
    const Element metadata = item.child("metadata", ns::kAvatarMetadata);
    if (metadata) news.picture = usable_picture(metadata);
  } else if (node == ns::kNick) {
    const Element nick = item.child("nick", ns::kNick);
    const bool taken_back = static_cast<bool>(items.child("retract", ns::kPubsubEvent));
    if (nick || taken_back)
      news.nickname = base::to_valid_utf8(
          std::string_view(nick.text()).substr(0, model::max_contact_name_bytes));
  }
  if (!news.picture && !news.nickname) return std::nullopt;
  return news;
}

std::optional<std::string> card_picture(const Element& presence) {
  const Element photo = presence.child("x", ns::kCardUpdate).child("photo", ns::kCardUpdate);
  if (!photo || !presence.type().empty()) return std::nullopt;
  std::string hash = lower(photo.text());
  if (!hash.empty() && !model::is_picture_hash(hash)) return std::nullopt;
  return hash;
}

Stanza picture_request(const Jid& of, std::string_view hash) {
  Stanza iq = make_iq("get", of.bare().str(), make_id());
  iq.add("pubsub", ns::kPubsub)
      .add("items")
      .set("node", ns::kAvatarData)
      .add("item")
      .set("id", hash);
  return iq;
}

Stanza card_request(const Jid& of) {
  Stanza iq = make_iq("get", of.bare().str(), make_id());
  iq.add("vCard", ns::kCard);
  return iq;
}

std::optional<std::string> read_picture(const Element& answer, std::string_view hash) {
  const Element data = answer.child("pubsub", ns::kPubsub)
                           .child("items", ns::kPubsub)
                           .child("item", ns::kPubsub)
                           .child("data", ns::kAvatarData);
  const Element card = answer.child("vCard", ns::kCard).child("PHOTO", ns::kCard);
  auto bytes = bytes_of(data ? data.text() : card.child_text("BINVAL", ns::kCard));
  if (!bytes || bytes->size() > model::max_picture_bytes || !model::picture_kind(*bytes) ||
      picture_hash(*bytes) != hash)
    return std::nullopt;
  return bytes;
}

std::string picture_hash(std::string_view bytes) { return to_hex(digest(Hash::sha1, bytes)); }

Stanza publish_picture(std::string_view bytes) {
  Stanza iq = make_iq("set", {}, make_id());
  publish(iq, ns::kAvatarData, picture_hash(bytes))
      .add_with_text("data", base64_encode(bytes), ns::kAvatarData);
  return iq;
}

Stanza publish_picture_facts(std::string_view bytes) {
  Stanza iq = make_iq("set", {}, make_id());
  const std::string hash = picture_hash(bytes);
  publish(iq, ns::kAvatarMetadata, hash)
      .add("metadata", ns::kAvatarMetadata)
      .add("info")
      .set("bytes", std::to_string(bytes.size()))
      .set("id", hash)
      .set("type", model::media_type(model::picture_kind(bytes).value_or(model::PictureKind::png)));
  return iq;
}

Stanza publish_no_picture() {
  Stanza iq = make_iq("set", {}, make_id());
  publish(iq, ns::kAvatarMetadata, {}).add("metadata", ns::kAvatarMetadata);
  return iq;
}

Stanza publish_nickname(std::string_view nickname) {
  Stanza iq = make_iq("set", {}, make_id());
  publish(iq, ns::kNick, "current").add_with_text("nick", nickname, ns::kNick);
  return iq;
}

}  // namespace commd::xmpp
