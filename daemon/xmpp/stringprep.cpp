#include "daemon/xmpp/stringprep.h"

#include <idn2.h>
#include <stringprep.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <vector>

#include "daemon/base/escape.h"
#include "daemon/base/secret.h"

namespace commd::xmpp {
namespace {

constexpr size_t kMaxText = 8 * 1024;
constexpr size_t kMaxDomain = 1023;
constexpr size_t kMaxLabel = 63;

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

const Stringprep_profile* table_of(Profile profile) {
  switch (profile) {
    case Profile::nodeprep:
      return stringprep_xmpp_nodeprep;
    case Profile::resourceprep:
      return stringprep_xmpp_resourceprep;
    case Profile::saslprep:
      return stringprep_saslprep;
  }
  return stringprep_saslprep;
}

struct Idn2Free {
  void operator()(char* text) const { idn2_free(text); }
};
using Idn2Text = std::unique_ptr<char, Idn2Free>;

constexpr int kIdnFlags = IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL;

std::optional<std::string> lower_ascii(std::string_view domain) {
  std::string lower;
  size_t label = 0;
  for (const char c : domain) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '.') {
      if (label == 0) return std::nullopt;
      label = 0;
    } else if (isalnum(byte) == 0 && c != '-' && c != '_') {
      return std::nullopt;
    } else if (++label > kMaxLabel) {
      return std::nullopt;
    }
    lower += static_cast<char>(tolower(byte));
  }
  if (label == 0) return std::nullopt;
  return lower;
}

std::string_view without_final_dot(std::string_view domain) {
  if (domain.ends_with('.')) domain.remove_suffix(1);
  return domain;
}

}  // namespace

std::optional<std::string> prepare(Profile profile, std::string_view text) {
  if (text.size() > kMaxText || text.find('\0') != text.npos || !base::is_valid_utf8(text))
    return std::nullopt;
  // Nothing of the three profiles grows a text more than 18-fold in its normal form
  // (Unicode, "Normalization FAQ": U+FDFA).
  std::vector<char> room(text.size() * 18 + 1, '\0');
  std::copy(text.begin(), text.end(), room.begin());
  const int rc =
      stringprep(room.data(), room.size(), Stringprep_profile_flags{}, table_of(profile));
  std::optional<std::string> prepared;
  if (rc == STRINGPREP_OK) prepared = room.data();
  // It may have been a password.
  base::wipe_memory(room.data(), room.size());
  return prepared;
}

std::optional<std::string> ascii_domain(std::string_view domain) {
  domain = without_final_dot(domain);
  if (domain.empty() || domain.size() > kMaxDomain) return std::nullopt;
  if (is_ascii(domain)) return lower_ascii(domain);
  if (!base::is_valid_utf8(domain)) return std::nullopt;
  char* raw = nullptr;
  if (idn2_to_ascii_8z(std::string(domain).c_str(), &raw, kIdnFlags) != IDN2_OK)
    return std::nullopt;
  const Idn2Text text(raw);
  // Mapping may have made dots of other full stops: judged once more.
  return lower_ascii(text.get());
}

std::optional<std::string> prepare_domain(std::string_view domain) {
  const std::optional<std::string> ascii = ascii_domain(domain);
  if (!ascii || ascii->find("xn--") == ascii->npos) return ascii;
  char* raw = nullptr;
  if (idn2_to_unicode_8z8z(ascii->c_str(), &raw, 0) != IDN2_OK) return std::nullopt;
  const Idn2Text text(raw);
  std::string unicode = text.get();
  // The library decodes what no name may be encoded to as well: it must lead back.
  if (ascii_domain(unicode) != ascii) return std::nullopt;
  return unicode;
}

}  // namespace commd::xmpp
