#include "daemon/xmpp/disco.h"

#include <algorithm>

#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

constexpr size_t kMostIdentities = 16;
constexpr size_t kMostFeatures = 512;
constexpr size_t kMostForms = 8;
constexpr size_t kMostFields = 64;
constexpr size_t kMostValues = 256;
constexpr size_t kMostText = 1024;

// One text must not read as several, nor several as one.
bool usable(std::string_view text, bool inner) {
  return text.size() <= kMostText && text.find('<') == text.npos &&
         (!inner || text.find('/') == text.npos);
}

std::optional<DiscoIdentity> identity_of(const Element& element) {
  DiscoIdentity read{std::string(element.attribute("category")), std::string(element.type()),
                     std::string(element.lang()), std::string(element.attribute("name"))};
  if (!usable(read.category, true) || !usable(read.type, true) || !usable(read.lang, true) ||
      !usable(read.name, false))
    return std::nullopt;
  return read;
}

template <class T>
bool each_once(std::vector<T> all) {
  std::sort(all.begin(), all.end());
  return std::adjacent_find(all.begin(), all.end()) == all.end();
}

// A form without a FORM_TYPE counts for nothing (section 3.6): `form_type` is empty then.
// Nothing: it is ill-formed.
std::optional<DiscoForm> form_of(const Element& x) {
  DiscoForm form;
  size_t values = 0;
  for (const Element field : x) {
    if (!field.is("field", ns::kDataForms)) continue;
    const std::string var(field.attribute("var"));
    std::vector<std::string> texts;
    for (const Element value : field)
      if (value.is("value", ns::kDataForms)) texts.push_back(value.text());
    values += texts.size();
    if (form.fields.size() == kMostFields || values > kMostValues || !usable(var, false) ||
        !std::all_of(texts.begin(), texts.end(), [](const auto& t) { return usable(t, false); }))
      return std::nullopt;
    if (var != "FORM_TYPE") {
      form.fields.emplace_back(var, std::move(texts));
      continue;
    }
    if (!form.form_type.empty() || texts.size() != 1) return std::nullopt;
    if (field.type() == "hidden") form.form_type = texts.front();
  }
  return form;
}

std::string own_ver() { return caps_ver(own_disco(), Hash::sha1); }

}  // namespace

std::optional<DiscoInfo> read_disco(const Element& query) {
  DiscoInfo info;
  std::vector<std::string> form_types;
  for (const Element each : query) {
    if (each.is("identity", ns::kDiscoInfo)) {
      auto identity = identity_of(each);
      if (!identity || info.identities.size() == kMostIdentities) return std::nullopt;
      info.identities.push_back(std::move(*identity));
    } else if (each.is("feature", ns::kDiscoInfo)) {
      const std::string_view var = each.attribute("var");
      if (!usable(var, false) || info.features.size() == kMostFeatures) return std::nullopt;
      info.features.emplace_back(var);
    } else if (each.is("x", ns::kDataForms)) {
      auto form = form_of(each);
      if (!form || info.forms.size() == kMostForms) return std::nullopt;
      if (form->form_type.empty()) continue;
      form_types.push_back(form->form_type);
      info.forms.push_back(std::move(*form));
    }
  }
  if (!each_once(info.identities) || !each_once(info.features) || !each_once(form_types))
    return std::nullopt;
  return info;
}

void write_disco(const DiscoInfo& info, const MutableElement& query) {
  for (const DiscoIdentity& each : info.identities)
    query.add("identity")
        .set("category", each.category)
        .set("type", each.type)
        .set("name", each.name);
  for (const std::string& feature : info.features) query.add("feature").set("var", feature);
}

std::string caps_ver(const DiscoInfo& info, Hash hash) {
  DiscoInfo sorted = info;
  std::sort(sorted.identities.begin(), sorted.identities.end());
  std::sort(sorted.features.begin(), sorted.features.end());
  std::sort(sorted.forms.begin(), sorted.forms.end(),
            [](const auto& a, const auto& b) { return a.form_type < b.form_type; });
  std::string text;
  for (const DiscoIdentity& each : sorted.identities)
    text += each.category + "/" + each.type + "/" + each.lang + "/" + each.name + "<";
  for (const std::string& feature : sorted.features) text += feature + "<";
  for (DiscoForm& form : sorted.forms) {
    text += form.form_type + "<";
    std::sort(form.fields.begin(), form.fields.end());
    for (auto& [var, values] : form.fields) {
      text += var + "<";
      std::sort(values.begin(), values.end());
      for (const std::string& value : values) text += value + "<";
    }
  }
  return base64_encode(digest(hash, text));
}

std::optional<Hash> caps_hash(std::string_view name) {
  if (name == "sha-1") return Hash::sha1;
  if (name == "sha-256") return Hash::sha256;
  if (name == "sha-512") return Hash::sha512;
  return std::nullopt;
}

const DiscoInfo& own_disco() {
  static const DiscoInfo own = {{{"client", "pc", "", "commd"}},
                                {
                                    ns::kBookmarksNotify,
                                    // Events that its server is to send (XEP-0163 section 4.3).
                                    std::string(ns::kAvatarMetadata) + "+notify",
                                    std::string(ns::kNick) + "+notify",
                                    ns::kCaps,
                                    ns::kChatStates,
                                    ns::kConference,
                                    ns::kCorrections,
                                    ns::kDiscoInfo,
                                    ns::kFallback,
                                    ns::kLastActivity,
                                    ns::kMarkers,
                                    ns::kNick,
                                    ns::kPing,
                                    ns::kReactions,
                                    ns::kReceipts,
                                    ns::kReplies,
                                    ns::kRetractions,
                                    ns::kRoom,
                                    ns::kStanzaIds,
                                    ns::kVersion,
                                    ns::kBytestreams,
                                    ns::kHashes,
                                    ns::kIbb,
                                    ns::kJingle,
                                    ns::kJingleDtls,
                                    ns::kJingleFile,
                                    ns::kJingleIbb,
                                    ns::kJingleIce,
                                    ns::kJingleMessage,
                                    ns::kJingleRawUdp,
                                    ns::kJingleRtp,
                                    // What a session may be of (XEP-0167 section 10).
                                    ns::kJingleRtpAudio,
                                    ns::kJingleS5b,
                                    ns::kJingleTransfer,
                                    ns::kOutOfBand,
                                    ns::kSha256,
                                },
                                {}};
  return own;
}

const std::string& own_caps_ver() {
  static const std::string ver = own_ver();
  return ver;
}

}  // namespace commd::xmpp
