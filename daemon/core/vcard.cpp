#include "daemon/core/vcard.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <optional>
#include <utility>

#include "daemon/base/escape.h"

namespace commd::core {
namespace {

std::string upper(std::string_view text) {
  std::string made(text);
  for (char& c : made) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return made;
}

struct Property {
  size_t line = 0;
  std::string name;  // upper case, without a group
  std::multimap<std::string, std::string> parameters;
  std::string value;  // as it stands, without quoted-printable

  bool has(const std::string& key, std::string_view wanted) const {
    const auto [from, to] = parameters.equal_range(key);
    return std::any_of(from, to, [&](const auto& each) { return upper(each.second) == wanted; });
  }
};

// Logical lines: what is folded is put together (RFC 6350 section 3.2).
class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {}

  // False at the end.
  bool next(std::string& line) {
    if (text_.empty()) return false;
    first_ = number_ + 1;
    line = physical();
    while (text_.starts_with(' ') || text_.starts_with('\t')) {
      const std::string_view more = physical();
      line.append(more.substr(1));
    }
    return true;
  }
  // The next physical line, where quoted-printable goes on (vCard 2.1).
  bool more(std::string& line) {
    if (text_.empty()) return false;
    line += physical();
    return true;
  }
  size_t number() const { return first_; }

 private:
  std::string_view physical() {
    const size_t end = std::min(text_.find_first_of("\r\n"), text_.size());
    const std::string_view line = text_.substr(0, end);
    text_.remove_prefix(end);
    if (text_.starts_with("\r\n"))
      text_.remove_prefix(2);
    else if (!text_.empty())
      text_.remove_prefix(1);
    ++number_;
    return line;
  }

  std::string_view text_;
  size_t number_ = 0;
  size_t first_ = 0;
};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// RFC 2045 section 6.7; what is no escape stays as it is.
std::string from_quoted_printable(std::string_view text) {
  std::string made;
  for (size_t i = 0; i < text.size(); ++i) {
    const int high = i + 2 < text.size() && text[i] == '=' ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low < 0) {
      made += text[i];
      continue;
    }
    made += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return made;
}

std::string from_latin1(std::string_view text) {
  std::string made;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      made += c;
    } else {
      made += static_cast<char>(0xC0U | (byte >> 6U));
      made += static_cast<char>(0x80U | (byte & 0x3FU));
    }
  }
  return made;
}

// Where the name ends and the value begins: the first colon outside quotes.
size_t colon_of(std::string_view line) {
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') quoted = !quoted;
    if (line[i] == ':' && !quoted) return i;
  }
  return line.npos;
}

void read_parameter(std::string_view text, Property& property) {
  const size_t equals = text.find('=');
  // vCard 2.1 has values alone: TEL;WORK;VOICE
  const std::string key = equals == text.npos ? "TYPE" : upper(text.substr(0, equals));
  std::string_view values = equals == text.npos ? text : text.substr(equals + 1);
  while (true) {
    const size_t comma = values.find(',');
    std::string value(values.substr(0, comma));
    std::erase(value, '"');
    // Encodings stand without a name, too.
    if (equals == text.npos && upper(value) == "QUOTED-PRINTABLE")
      property.parameters.emplace("ENCODING", value);
    else
      property.parameters.emplace(key, std::move(value));
    if (comma == values.npos) return;
    values.remove_prefix(comma + 1);
  }
}

std::optional<Property> property_of(std::string line, Lines& lines) {
  const size_t number = lines.number();
  const size_t colon = colon_of(line);
  if (colon == std::string::npos) return std::nullopt;
  Property property;
  property.line = number;
  std::string_view head = std::string_view(line).substr(0, colon);
  std::string_view name = head.substr(0, head.find(';'));
  head.remove_prefix(name.size());
  if (const size_t dot = name.rfind('.'); dot != name.npos) name.remove_prefix(dot + 1);
  property.name = upper(name);
  while (!head.empty()) {
    head.remove_prefix(1);
    const std::string_view parameter = head.substr(0, head.find(';'));
    if (!parameter.empty()) read_parameter(parameter, property);
    head.remove_prefix(parameter.size());
  }
  property.value = line.substr(colon + 1);
  if (!property.has("ENCODING", "QUOTED-PRINTABLE")) return property;
  while (property.value.ends_with('=')) {
    property.value.pop_back();
    if (!lines.more(property.value)) break;
  }
  property.value = from_quoted_printable(property.value);
  return property;
}

// The parts of a value that a semicolon separates, unescaped (RFC 6350 section 3.4).
std::vector<std::string> parts_of(const std::string& value, bool split) {
  std::vector<std::string> parts(1);
  for (size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\\' && i + 1 < value.size()) {
      ++i;
      parts.back() += value[i] == 'n' || value[i] == 'N' ? '\n' : value[i];
    } else if (value[i] == ';' && split && parts.size() < 16) {
      parts.emplace_back();
    } else {
      parts.back() += value[i];
    }
  }
  return parts;
}

std::string text_of(const Property& property) { return parts_of(property.value, false).front(); }

// "Family;Given;Additional;Prefix;Suffix" as it is spoken.
std::string spoken(const std::string& value) {
  const std::vector<std::string> parts = parts_of(value, true);
  std::string name;
  for (const size_t i : {3U, 1U, 2U, 0U, 4U})
    if (i < parts.size() && !parts[i].empty()) name += (name.empty() ? "" : " ") + parts[i];
  return name;
}

std::string label_of(const Property& property) {
  for (const auto& [type, label] :
       {std::pair{"CELL", "cell"}, {"WORK", "work"}, {"HOME", "home"}, {"FAX", "fax"}})
    if (property.has("TYPE", type)) return label;
  return {};
}

// A card while it is read.
class Card {
 public:
  void take(const Property& property, std::vector<ImportProblem>& problems) {
    if (property.name == "FN") {
      person_.name = book_text(text_of(property), model::max_person_name_bytes);
    } else if (property.name == "N") {
      name_ = book_text(spoken(property.value), model::max_person_name_bytes);
    } else if (property.name == "ORG") {
      person_.organization =
          book_text(parts_of(property.value, true).front(), model::max_person_name_bytes);
    } else if (property.name == "NOTE") {
      person_.note = book_text(text_of(property), model::max_person_note_bytes);
    } else {
      take_address(property, problems);
    }
  }

  // Nobody where there is neither a name nor an address.
  std::optional<model::Person> end() {
    if (person_.name.empty()) person_.name = name_;
    if (person_.name.empty()) person_.name = person_.organization;
    if (person_.name.empty() && !person_.addresses.empty())
      person_.name = person_.addresses.front().address;
    if (person_.name.empty()) return std::nullopt;
    return std::move(person_);
  }

 private:
  void take_address(const Property& property, std::vector<ImportProblem>& problems) {
    static const std::map<std::string, std::string> schemes = {
        {"TEL", "tel:"},
        {"EMAIL", "mailto:"},
        {"X-JABBER", "xmpp:"},
        {"X-GTALK", "xmpp:"},
        {"X-SIP", "sip:"},
        {"IMPP", ""},
        {"X-KADDRESSBOOK-X-IMADDRESS", "xmpp:"},
        {"X-PHONE", "tel:"}};
    const auto known = schemes.find(property.name);
    if (known == schemes.end()) return;
    if (property.name == "TEL" && property.has("TYPE", "FAX")) return;
    const std::string value = text_of(property);
    const bool im = known->second.empty();
    // Of other networks there is nobody here who could reach them.
    if (im && !value.starts_with("xmpp:") && !value.starts_with("sip:") &&
        !value.starts_with("sips:"))
      return;
    add_address(person_, value, im ? "xmpp:" : known->second, label_of(property), property.line,
                problems);
  }

  model::Person person_;
  std::string name_;
};

void note(std::vector<ImportProblem>& problems, size_t line, std::string message) {
  if (problems.size() < max_import_problems) problems.push_back({line, std::move(message)});
}

}  // namespace

std::string book_text(std::string_view text, size_t most) {
  std::string whole = base::is_valid_utf8(text) ? std::string(text) : from_latin1(text);
  std::string made;
  for (const char c : whole) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7F)
      made += c;
    else if (!made.empty() && made.back() != ' ')
      made += ' ';
  }
  if (made.size() > most) {
    while (most > 0 && (static_cast<unsigned char>(made[most]) & 0xC0U) == 0x80U) --most;
    made.resize(most);
  }
  const size_t first = made.find_first_not_of(' ');
  if (first == std::string::npos) return {};
  return made.substr(first, made.find_last_not_of(' ') - first + 1);
}

void add_address(model::Person& person, std::string_view typed, std::string_view usual,
                 std::string label, size_t line, std::vector<ImportProblem>& problems) {
  const std::string text = book_text(typed, 1024);
  if (text.empty()) return;
  // "tel:" in front of what is written without it.
  const bool number = usual == "tel:" && text.find(':') == std::string::npos;
  auto address = model::person_address(number ? "tel:" + text : text, usual);
  if (!address) return note(problems, line, address.error().message);
  if (person.has(*address)) return;
  if (person.addresses.size() == model::max_person_addresses)
    return note(problems, line,
                *address + " is left out: a person has at most " +
                    std::to_string(model::max_person_addresses) + " addresses");
  person.addresses.push_back({std::move(*address), book_text(label, model::max_label_bytes)});
}

ImportedPeople read_vcards(std::string_view text) {
  ImportedPeople imported;
  Lines lines(text);
  std::optional<Card> card;
  size_t begun = 0;
  for (std::string line; lines.next(line);) {
    auto property = property_of(std::move(line), lines);
    line.clear();
    if (!property) continue;
    const bool is_card = upper(property->value).starts_with("VCARD");
    if (property->name == "BEGIN" && is_card) {
      if (card) note(imported.problems, begun, "this card has no END:VCARD; it is left out");
      card.emplace();
      begun = property->line;
    } else if (property->name == "END" && is_card && card) {
      auto person = card->end();
      card.reset();
      if (!person) {
        note(imported.problems, begun, "this card has neither a name nor an address");
      } else if (imported.people.size() < max_imported_people) {
        imported.people.push_back(std::move(*person));
      }
    } else if (card) {
      card->take(*property, imported.problems);
    }
  }
  if (card) note(imported.problems, begun, "this card has no END:VCARD; it is left out");
  return imported;
}

}  // namespace commd::core
