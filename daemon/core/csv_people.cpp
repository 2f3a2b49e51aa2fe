#include "daemon/core/csv_people.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace commd::core {
namespace {

using Row = std::vector<std::string>;

constexpr size_t most_columns = 512;

// Rows of a table; quoted cells may have anything in them, line ends too.
class Table {
 public:
  Table(std::string_view text, char separator) : text_(text), separator_(separator) {}

  // False at the end.
  bool next(Row& row) {
    if (at_ >= text_.size()) return false;
    row.assign(1, {});
    first_ = line_;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"' && row.back().empty()) {
        quoted(row.back());
      } else if (c == '\n' || c == '\r') {
        end_line();
        return true;
      } else {
        ++at_;
        if (c == separator_ && row.size() < most_columns)
          row.emplace_back();
        else
          row.back() += c;
      }
    }
    return true;
  }
  size_t line() const { return first_; }

 private:
  // From the opening quote to behind the closing one; two of them stand for one.
  void quoted(std::string& cell) {
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\n') ++line_;
      if (text_[at_] != '"') {
        cell += text_[at_];
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
        cell += text_[++at_];
      } else {
        ++at_;
        return;
      }
    }
  }
  void end_line() {
    if (text_.substr(at_).starts_with("\r\n")) ++at_;
    ++at_;
    ++line_;
  }

  std::string_view text_;
  char separator_;
  size_t at_ = 0;
  size_t line_ = 1;
  size_t first_ = 1;
};

enum class Kind {
  none,
  name,
  first_name,
  last_name,
  organization,
  note,
  email,
  phone,
  xmpp,
  sip,
  address,  // of any kind, by its scheme
};

struct Column {
  Kind kind = Kind::none;
  std::string label;
};

std::string words_of(const std::string& heading) {
  std::string words;
  for (const char c : heading) {
    const auto byte = static_cast<unsigned char>(c);
    words += std::isalnum(byte) != 0 ? static_cast<char>(std::tolower(byte)) : ' ';
  }
  return " " + words + " ";
}

std::string label_in(const std::string& words) {
  for (const auto& [word, label] : {std::pair{" mobile ", "cell"},
                                    {" cell ", "cell"},
                                    {" business ", "work"},
                                    {" work ", "work"},
                                    {" home ", "home"}})
    if (words.find(word) != words.npos) return label;
  return {};
}

// By the words of its heading, as the programs that write such files have them.
Column column_of(const std::string& heading) {
  const std::string words = words_of(model::folded(heading));
  const auto has = [&](const char* word) { return words.find(word) != words.npos; };
  // Of a value the heading beside it says what it is; fax machines do not speak.
  if (has(" type ") || has(" label ") || has(" service ") || has(" fax ") || has(" yomi ") ||
      has(" phonetic ") || has(" pager "))
    return {};
  if (has(" e mail ") || has(" email ") || has(" mail ")) {
    const bool shown = has(" display ") || has(" name ");
    return {shown ? Kind::none : Kind::email, label_in(words)};
  }
  if (has(" phone ") || has(" telephone ") || has(" tel ") || has(" mobile ") || has(" cell "))
    return {Kind::phone, label_in(words)};
  if (has(" xmpp ") || has(" jabber ") || has(" jabberid ") || has(" jid "))
    return {Kind::xmpp, {}};
  if (has(" sip ")) return {Kind::sip, {}};
  if (has(" first name ") || has(" given name ")) return {Kind::first_name, {}};
  if (has(" last name ") || has(" family name ") || has(" surname ")) return {Kind::last_name, {}};
  if (words == " name " || has(" display name ") || has(" full name ") || has(" formatted name "))
    return {Kind::name, {}};
  if (words == " company " || words == " organization " || words == " organisation " ||
      has(" organization name ") || has(" organization 1   name "))
    return {Kind::organization, {}};
  if (words == " notes " || words == " note ") return {Kind::note, {}};
  if (words == " address " || words == " addresses " || words == " uri ")
    return {Kind::address, {}};
  return {};
}

// What stands in front of an address of this column; empty: it is no address.
const char* scheme_of(Kind kind) {
  switch (kind) {
    case Kind::email:
      return "mailto:";
    case Kind::phone:
      return "tel:";
    case Kind::xmpp:
    case Kind::address:
      return "xmpp:";
    case Kind::sip:
      return "sip:";
    case Kind::none:
    case Kind::name:
    case Kind::first_name:
    case Kind::last_name:
    case Kind::organization:
    case Kind::note:
      break;
  }
  return "";
}

// Google puts several values of a kind into one cell.
std::vector<std::string> values_of(const std::string& cell) {
  constexpr std::string_view between = " ::: ";
  std::vector<std::string> values;
  std::string_view left = cell;
  for (size_t at = left.find(between); at != left.npos; at = left.find(between)) {
    values.emplace_back(left.substr(0, at));
    left.remove_prefix(at + between.size());
  }
  values.emplace_back(left);
  return values;
}

std::optional<model::Person> person_of(const std::vector<Column>& columns, const Row& row,
                                       size_t line, std::vector<ImportProblem>& problems) {
  model::Person person;
  std::string first, last;
  for (size_t i = 0; i < std::min(columns.size(), row.size()); ++i) {
    const Kind kind = columns[i].kind;
    const std::string text = book_text(row[i], model::max_person_name_bytes);
    if (text.empty()) continue;
    if (kind == Kind::name) person.name = text;
    if (kind == Kind::first_name) first = text;
    if (kind == Kind::last_name) last = text;
    if (kind == Kind::organization) person.organization = text;
    if (kind == Kind::note) person.note = book_text(row[i], model::max_person_note_bytes);
    if (const std::string_view scheme = scheme_of(kind); !scheme.empty())
      for (const std::string& value : values_of(row[i]))
        add_address(person, value, scheme, columns[i].label, line, problems);
  }
  if (person.name.empty()) person.name = first + (first.empty() || last.empty() ? "" : " ") + last;
  if (person.name.empty()) person.name = person.organization;
  if (person.name.empty() && !person.addresses.empty())
    person.name = person.addresses.front().address;
  if (person.name.empty()) return std::nullopt;
  return person;
}

// The one that the headings have most of.
char separator_of(std::string_view text) {
  const std::string_view first = text.substr(0, text.find_first_of("\r\n"));
  const auto count = [&](char c) { return std::count(first.begin(), first.end(), c); };
  const std::array<char, 3> all = {',', ';', '\t'};
  return *std::max_element(all.begin(), all.end(),
                           [&](char a, char b) { return count(a) < count(b); });
}

}  // namespace

base::Result<ImportedPeople> read_csv_people(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  Table table(text, separator_of(text));
  Row row;
  std::vector<Column> columns;
  if (table.next(row))
    for (const std::string& heading : row) columns.push_back(column_of(heading));
  if (std::all_of(columns.begin(), columns.end(),
                  [](const Column& each) { return each.kind == Kind::none; }))
    return base::fail(base::invalid_argument(
        "content",
        "the first line has no heading that is known: write for example "
        "\"name,address\" or \"first name,last name,e-mail,phone,xmpp,sip\""));
  ImportedPeople imported;
  while (table.next(row) && imported.people.size() < max_imported_people) {
    if (row.size() == 1 && row.front().empty()) continue;
    if (auto person = person_of(columns, row, table.line(), imported.problems))
      imported.people.push_back(std::move(*person));
    else if (imported.problems.size() < max_import_problems)
      imported.problems.push_back({table.line(), "this line has neither a name nor an address"});
  }
  return imported;
}

}  // namespace commd::core
