#include "daemon/xmpp/jid.h"

#include <arpa/inet.h>

#include <array>
#include <optional>
#include <utility>

#include "daemon/base/escape.h"
#include "daemon/xmpp/stringprep.h"

namespace commd::xmpp {
namespace {

constexpr size_t kMaxPart = 1023;  // octets (RFC 7622 section 3.1)

tl::unexpected<base::Error> malformed(std::string_view text, const std::string& why) {
  const std::string shown = base::escape_line(text.substr(0, 200));
  base::Error error{base::Code::invalid_argument,
                    "JID_MALFORMED",
                    "\"" + shown + "\" is no XMPP address: " + why,
                    {}};
  error.details["address"] = shown;
  return base::fail(std::move(error));
}

// "[2001:db8::1]"
std::optional<std::string> ip6_literal(std::string_view domain) {
  if (domain.size() < 4 || domain.front() != '[' || domain.back() != ']') return std::nullopt;
  const std::string inner(domain.substr(1, domain.size() - 2));
  in6_addr address{};
  if (inner.find('\0') != inner.npos || inet_pton(AF_INET6, inner.c_str(), &address) != 1)
    return std::nullopt;
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(AF_INET6, &address, text.data(), text.size());
  return "[" + std::string(text.data()) + "]";
}

// Empty stays empty; nothing: forbidden or too long.
std::optional<std::string> part(Profile profile, std::string_view text) {
  if (text.empty()) return std::string();
  if (text.size() > kMaxPart) return std::nullopt;
  std::optional<std::string> prepared = prepare(profile, text);
  if (!prepared || prepared->empty() || prepared->size() > kMaxPart) return std::nullopt;
  return prepared;
}

struct Escape {
  char plain;
  std::string_view code;  // two hexadecimal digits
};
// XEP-0106, table 1.
constexpr std::array kEscapes = {
    Escape{' ', "20"}, Escape{'"', "22"}, Escape{'&', "26"}, Escape{'\'', "27"}, Escape{'/', "2f"},
    Escape{':', "3a"}, Escape{'<', "3c"}, Escape{'>', "3e"}, Escape{'@', "40"},  Escape{'\\', "5c"},
};

// What the three characters at `at` stand for.
std::optional<char> escape_at(std::string_view text, size_t at) {
  if (at + 2 >= text.size() || text[at] != '\\') return std::nullopt;
  for (const Escape& each : kEscapes)
    if (text.substr(at + 1, 2) == each.code) return each.plain;
  return std::nullopt;
}

}  // namespace

base::Result<Jid> Jid::parse(std::string_view text) {
  // Section 3.1: the resource begins at the first '/', the local part ends at the first
  // '@' before it.
  const size_t slash = text.find('/');
  const std::string_view account = text.substr(0, slash);
  const size_t at = account.find('@');
  const std::string_view local = at == account.npos ? std::string_view() : account.substr(0, at);
  const std::string_view domain = at == account.npos ? account : account.substr(at + 1);
  if (at != account.npos && local.empty()) return malformed(text, "nothing stands before the '@'");
  if (slash != text.npos && slash + 1 == text.size())
    return malformed(text, "nothing follows the '/'");
  auto jid = make(local, domain, slash == text.npos ? std::string_view() : text.substr(slash + 1));
  if (!jid) {
    // In the words of make(), but about the whole.
    const std::string& words = jid.error().message;
    return malformed(text, words.substr(words.rfind(": ") + 2));
  }
  return jid;
}

base::Result<Jid> Jid::make(std::string_view local, std::string_view domain,
                            std::string_view resource) {
  std::optional<std::string> host = ip6_literal(domain);
  if (!host) host = prepare_domain(domain);
  if (!host || host->size() > kMaxPart)
    return malformed(domain, "its domain is not a host name; write user@example.org");
  const std::optional<std::string> user = part(Profile::nodeprep, local);
  if (!user)
    return malformed(local, "the part before the '@' is too long or has a forbidden character");
  const std::optional<std::string> client = part(Profile::resourceprep, resource);
  if (!client)
    return malformed(resource, "the part after the '/' is too long or has a forbidden character");
  Jid jid;
  jid.local_size_ = user->size();
  jid.domain_size_ = host->size();
  if (!user->empty()) jid.text_ = *user + "@";
  jid.text_ += *host;
  if (!client->empty()) jid.text_ += "/" + *client;
  return jid;
}

std::string_view Jid::domain() const {
  return std::string_view(text_).substr(local_size_ > 0 ? local_size_ + 1 : 0, domain_size_);
}

std::string_view Jid::resource() const {
  const size_t account = (local_size_ > 0 ? local_size_ + 1 : 0) + domain_size_;
  return account < text_.size() ? std::string_view(text_).substr(account + 1) : std::string_view();
}

Jid Jid::bare() const {
  Jid bare = *this;
  bare.text_.resize((local_size_ > 0 ? local_size_ + 1 : 0) + domain_size_);
  return bare;
}

base::Result<Jid> Jid::with_resource(std::string_view resource) const {
  return make(local(), domain(), resource);
}

std::string Jid::ascii_domain() const {
  // An address literal is no name; the form of a name was proved when it was made.
  return xmpp::ascii_domain(domain()).value_or(std::string(domain()));
}

bool Jid::same_bare(const Jid& other) const {
  return local() == other.local() && domain() == other.domain();
}

base::Result<std::string> escape_local(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ')
    return malformed(text, "it may neither be empty nor begin or end with a space");
  std::string escaped;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    // A backslash is escaped only where it would be read as one.
    bool special = c == '\\' && escape_at(text, at).has_value();
    if (c != '\\')
      for (const Escape& each : kEscapes) special = special || each.plain == c;
    if (!special) {
      escaped += c;
      continue;
    }
    for (const Escape& each : kEscapes)
      if (each.plain == c) escaped.append("\\").append(each.code);
  }
  return escaped;
}

std::string unescape_local(std::string_view local) {
  std::string plain;
  for (size_t at = 0; at < local.size(); ++at) {
    const std::optional<char> escaped = escape_at(local, at);
    plain += escaped.value_or(local[at]);
    if (escaped) at += 2;
  }
  return plain;
}

}  // namespace commd::xmpp
