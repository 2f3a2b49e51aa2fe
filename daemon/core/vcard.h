// Address books as files: vCard 2.1, 3.0 (RFC 2426) and 4.0 (RFC 6350). Pure; any thread. What
// comes in was made by any program there is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/model/person.h"

namespace commd::core {

// What was not taken over.
struct ImportProblem {
  size_t line = 0;  // from 1
  std::string message;
};

struct ImportedPeople {
  std::vector<model::Person> people;  // without id and times
  std::vector<ImportProblem> problems;
};

// So many of each are told at most.
inline constexpr size_t max_import_problems = 100;
inline constexpr size_t max_imported_people = 50'000;

// Any number of cards; between and around them may be anything.
ImportedPeople read_vcards(std::string_view text);

// Adds an address as people write it, where it is one and not there already; of a problem
// it is told. `usual`: as of model::person_address.
void add_address(model::Person& person, std::string_view typed, std::string_view usual,
                 std::string label, size_t line, std::vector<ImportProblem>& problems);
// The text as it may stand in the book: valid UTF-8 in one line without controls, cut to
// `most` bytes.
std::string book_text(std::string_view text, size_t most);

}  // namespace commd::core
