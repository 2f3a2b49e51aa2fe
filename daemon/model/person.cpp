#include "daemon/model/person.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace commd::model {
namespace {

constexpr std::array schemes = {"xmpp:", "sips:", "sip:", "tel:", "mailto:"};
constexpr size_t longest_address = 1024;

std::string lower(std::string_view text) {
  std::string made(text);
  for (char& c : made)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return made;
}

base::Result<std::string> wrong(std::string_view typed, const std::string& why) {
  return base::fail(base::invalid_argument(
      "address", "\"" + std::string(typed.substr(0, 100)) + "\" is no address: " + why));
}

bool is_plain(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char c) {
    return c <= 0x20 || c == 0x7F || c == '<' || c == '>' || c == '"';
  });
}

// Digits, and a plus in front; separators go, and so does what follows a ";".
std::string number_of(std::string_view text) {
  std::string number;
  for (const char c : text.substr(0, text.find(';'))) {
    if (std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '*' || c == '#' ||
        (c == '+' && number.empty()))
      number += c;
    else if (std::string_view("-. ()/").find(c) == std::string_view::npos)
      return {};
  }
  return number == "+" ? std::string() : number;
}

base::Result<std::string> with_domain(std::string_view typed, std::string_view scheme,
                                      std::string_view rest) {
  // Neither a device nor a parameter names the person.
  rest = rest.substr(0, rest.find_first_of(scheme == "xmpp:" ? "/?;" : "?;"));
  const size_t at = rest.rfind('@');
  if (at == 0 || at == std::string_view::npos || at + 1 == rest.size() || !is_plain(rest))
    return wrong(typed,
                 "it has no user and domain, as in " + std::string(scheme) + "bob@example.org");
  const std::string_view user = rest.substr(0, at);
  return std::string(scheme) + (scheme == "xmpp:" ? lower(user) : std::string(user)) + "@" +
         lower(rest.substr(at + 1));
}

}  // namespace

bool Person::has(std::string_view address) const {
  return std::any_of(addresses.begin(), addresses.end(),
                     [&](const PersonAddress& each) { return each.address == address; });
}

base::Result<std::string> person_address(std::string_view typed, std::string_view usual) {
  if (typed.size() > longest_address) return wrong(typed, "it is too long");
  const std::string beginning = lower(typed.substr(0, 8));
  for (const std::string_view scheme : schemes) {
    if (!beginning.starts_with(scheme)) continue;
    const std::string_view rest = typed.substr(scheme.size());
    if (scheme != "tel:") return with_domain(typed, scheme, rest);
    const std::string number = number_of(rest);
    return number.empty() ? wrong(typed, "it is no telephone number") : "tel:" + number;
  }
  if (const std::string number = number_of(typed); !number.empty()) return "tel:" + number;
  if (typed.find('@') == std::string_view::npos)
    return wrong(typed,
                 "write xmpp:, sip: or mailto: with user@domain, tel: with a number, or a number");
  return with_domain(typed, usual, typed);
}

std::string folded(std::string_view text) {
  std::string made;
  for (const char c : lower(text)) {
    const bool blank = c == ' ' || c == '\t';
    if (!blank || (!made.empty() && made.back() != ' ')) made += blank ? ' ' : c;
  }
  while (made.ends_with(' ')) made.pop_back();
  return made;
}

}  // namespace commd::model
