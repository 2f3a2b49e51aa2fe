#include "daemon/sip/presence_list.h"

#include <string_view>

namespace commd::sip {
namespace {

// No name and no group has it: they are lines of text.
constexpr char separator = '\x1f';

std::string prefix_of(const model::AccountId& account) {
  return "account/" + account.str() + "/contact/";
}

void append(std::string& text, const std::string& field) {
  text += separator;
  for (const char c : field)
    if (c != separator) text += c;
}

}  // namespace

std::string fact_key_of(const model::AccountId& account, const std::string& address) {
  return prefix_of(account) + address;
}

std::string fact_text_of(const ListEntry& entry) {
  if (entry.is_empty()) return {};
  std::string text;
  if (entry.listed) text += 'l';
  if (entry.wanted) text += 'w';
  if (entry.seen) text += 's';
  if (entry.allowed) text += 'a';
  if (entry.blocked) text += 'b';
  append(text, entry.name);
  for (const std::string& group : entry.groups) append(text, group);
  return text;
}

std::optional<ListEntry> read_entry(const std::string& text) {
  std::string_view rest = text;
  size_t end = rest.find(separator);
  if (end == rest.npos) return std::nullopt;
  ListEntry entry;
  for (const char flag : rest.substr(0, end)) {
    if (flag == 'l')
      entry.listed = true;
    else if (flag == 'w')
      entry.wanted = true;
    else if (flag == 's')
      entry.seen = true;
    else if (flag == 'a')
      entry.allowed = true;
    else if (flag == 'b')
      entry.blocked = true;
    else
      return std::nullopt;
  }
  bool named = false;
  while (end != rest.npos) {
    rest.remove_prefix(end + 1);
    end = rest.find(separator);
    const std::string_view field = rest.substr(0, end);
    if (!std::exchange(named, true))
      entry.name = field;
    else
      entry.groups.emplace_back(field);
  }
  if (entry.is_empty()) return std::nullopt;
  return entry;
}

PresenceList read_list(const model::AccountId& account,
                       const std::map<std::string, std::string>& facts) {
  PresenceList list;
  const std::string prefix = prefix_of(account);
  for (auto i = facts.lower_bound(prefix); i != facts.end() && i->first.starts_with(prefix); ++i)
    if (auto entry = read_entry(i->second))
      list.emplace(i->first.substr(prefix.size()), std::move(*entry));
  return list;
}

ports::RosterEntry roster_entry_of(const std::string& address, const ListEntry& entry) {
  using model::Subscription;
  ports::RosterEntry out;
  out.address = address;
  out.name = entry.name;
  out.groups = entry.groups;
  const bool to = entry.wanted && entry.seen;
  out.subscription = to && entry.allowed ? Subscription::both
                     : to                ? Subscription::to
                     : entry.allowed     ? Subscription::from
                                         : Subscription::none;
  out.asked = entry.wanted && !entry.seen;
  return out;
}

}  // namespace commd::sip
