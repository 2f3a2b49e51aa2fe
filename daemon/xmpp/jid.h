// An XMPP address, local@domain/resource (RFC 7622), in its one normal form: equal
// addresses are equal strings. An immutable value; any thread.
#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>

#include "daemon/base/result.h"

namespace commd::xmpp {

class Jid {
 public:
  // No address: empty in all its parts.
  Jid() = default;

  // Errors (invalid_argument): JID_MALFORMED, saying which part and why. Parts are at most
  // 1023 octets each. An A-label becomes its U-label, a final dot of the domain goes.
  static base::Result<Jid> parse(std::string_view text);
  // From parts that were not escaped for the notation, for example a local part and the
  // domain of a configuration. Empty local and resource parts are left out.
  static base::Result<Jid> make(std::string_view local, std::string_view domain,
                                std::string_view resource = {});

  const std::string& str() const { return text_; }
  // Of this value: valid while it lives.
  std::string_view local() const { return std::string_view(text_).substr(0, local_size_); }
  std::string_view domain() const;
  std::string_view resource() const;

  bool empty() const { return text_.empty(); }
  bool is_bare() const { return !empty() && resource().empty(); }
  bool is_full() const { return !resource().empty(); }

  Jid bare() const;
  // The same account in another client. `resource` as in make().
  base::Result<Jid> with_resource(std::string_view resource) const;
  // The domain as DNS and certificates speak it (A-labels).
  std::string ascii_domain() const;

  bool same_bare(const Jid& other) const;
  friend bool operator==(const Jid&, const Jid&) = default;
  friend auto operator<=>(const Jid& a, const Jid& b) { return a.text_ <=> b.text_; }

 private:
  std::string text_;
  size_t local_size_ = 0;  // without '@'
  size_t domain_size_ = 0;
};

// XEP-0106: a local part for anything, such as a mail address that names a gateway's user.
// Escapes " &'/:<>@" and the backslashes that would read as escapes; the text may neither
// begin nor end with a space. Errors: JID_MALFORMED.
base::Result<std::string> escape_local(std::string_view text);
// For showing. What is no escape stays as it is.
std::string unescape_local(std::string_view local);

}  // namespace commd::xmpp

template <>
struct std::hash<commd::xmpp::Jid> {
  size_t operator()(const commd::xmpp::Jid& jid) const noexcept {
    return std::hash<std::string>{}(jid.str());
  }
};
