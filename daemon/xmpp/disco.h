// What a program is and can do: service discovery (XEP-0030 2.5, XEP-0128) and the hash that
// stands for it in presence (XEP-0115 1.6). Pure; on the thread of the stanza. What comes in is
// hostile.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/xmpp/crypto.h"
#include "daemon/xmpp/stanza.h"

namespace commd::xmpp {

struct DiscoIdentity {
  std::string category, type, lang, name;
  friend auto operator<=>(const DiscoIdentity&, const DiscoIdentity&) = default;
};

struct DiscoForm {
  std::string form_type;
  std::vector<std::pair<std::string, std::vector<std::string>>> fields;  // but FORM_TYPE
};

struct DiscoInfo {
  std::vector<DiscoIdentity> identities;
  std::vector<std::string> features;
  std::vector<DiscoForm> forms;
};

// Of a <query xmlns='...disco#info'/>. Nothing where it is too large (16 identities, 512
// features, 8 forms), or where no hash can stand for it (XEP-0115 section 5.4: something twice,
// or the hash's own separators inside a text).
std::optional<DiscoInfo> read_disco(const Element& query);
void write_disco(const DiscoInfo& info, const MutableElement& query);

// XEP-0115 section 5.1.
std::string caps_ver(const DiscoInfo& info, Hash hash);
// "sha-1" as in the registry of hash functions; nothing for one that is not known here.
std::optional<Hash> caps_hash(std::string_view name);

// This program. As it stands in presence: section 5.1's node, and the "ver" of it by SHA-1.
inline constexpr char kCapsNode[] = "urn:x-commd:client";
const DiscoInfo& own_disco();
const std::string& own_caps_ver();

}  // namespace commd::xmpp
