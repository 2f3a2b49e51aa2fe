// Forms of services (XEP-0004) in words: what they ask, what a person answers. Pure functions;
// any thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "clients/commctl/line.h"
#include "commd/v1/form.pb.h"

namespace commd::commctl {

// What a person can answer, and is shown: not what is hidden, nor mere words.
bool is_question(const v1::FormField& field);
// Whether it takes several values.
bool is_multi(const v1::FormField& field);
// "Nickname", or the name where it has none.
std::string label_of(const v1::FormField& field);

// Title and instructions.
std::vector<Line> heading_lines(const v1::DataForm& form);
// What a result says: a line a field, a table where it has rows.
std::vector<Line> result_lines(const v1::DataForm& form, size_t columns);
// What a script can answer: "nick  the nickname (required; text, now "bob")".
std::vector<Line> question_lines(const v1::DataForm& form);
// "Nickname (required) [bob]: "; the choices of a list stand above it.
Line prompt_of(const v1::FormField& field);
std::vector<Line> choice_lines(const v1::FormField& field);

// What was typed as the values of the field. A list takes numbers as well; several are
// separated by commas. Nothing where it is no answer; `why` says so.
std::optional<std::vector<std::string>> answer_of(const v1::FormField& field,
                                                  const std::string& typed, std::string& why);

// The answers that stand on a command line: KEY=VALUE, several of one KEY are its values.
class Answers {
 public:
  // `why`: nothing is wrong where it stays empty.
  void add(const std::string& pair, std::string& why);
  void add_value(const std::string& key, std::string value) {
    values_[key].push_back(std::move(value));
  }
  // Puts those that `form` asks for into `filled`. False, and `why`, for a secret that would have
  // been in everybody's list of processes: only what came by add_value() may be one.
  bool take(const v1::DataForm& form, v1::DataForm& filled, std::string& why);
  bool empty() const { return values_.empty(); }
  // Keys that no form has asked for.
  std::string left() const;

 private:
  std::map<std::string, std::vector<std::string>> values_;
  std::map<std::string, bool> in_the_open_;
  std::map<std::string, bool> taken_;
};

}  // namespace commd::commctl
