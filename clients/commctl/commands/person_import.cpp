#include <fstream>
#include <iostream>
#include <iterator>

#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"

namespace commd::commctl {
namespace {

constexpr size_t most_bytes = 3 << 20;  // as the daemon takes it

std::string content_of(const Context& context) {
  const std::string path = context.word(0);
  std::ifstream file;
  if (path != "-") file.open(path, std::ios::binary);
  std::istream& in = path == "-" ? std::cin : file;
  std::string content(most_bytes + 1, '\0');
  in.read(content.data(), static_cast<std::streamsize>(content.size()));
  content.resize(static_cast<size_t>(in.gcount()));
  if (path != "-" && (!file.is_open() || file.bad())) context.usage_error(path + " cannot be read");
  if (content.size() > most_bytes)
    context.usage_error(path + " is larger than 3 MiB; give it in parts, without photographs");
  return content;
}

int run(Context& context) {
  v1::ImportPeopleRequest request;
  request.set_content(content_of(context));
  request.set_dry_run(context.has("--dry-run"));
  const v1::ImportPeopleResponse response = context.client().import_people(request);
  const Output& out = context.out();
  if (out.json()) {
    out.print(response);
    return 0;
  }
  for (const auto& problem : response.problems())
    out.say(
        {{"line " + std::to_string(problem.line()) + ": " + problem.message(), Style::warning}});
  const std::string would = request.dry_run() ? "would be " : "";
  out.print(std::to_string(response.created()) + " " + would + "new, " +
            std::to_string(response.updated()) + " " + would + "completed, " +
            std::to_string(response.unchanged()) + " known.");
  return 0;
}

}  // namespace

Command person_import_command() {
  return {"person import",
          "Take over an address book: vCard or CSV",
          "vCard 2.1 to 4.0, or a table whose first line has headings, as Google, Outlook and\n"
          "Thunderbird write them. Who has one of the addresses already is completed, not doubled.",
          {{"commctl person import contacts.vcf --dry-run", "only tell what would be done"},
           {"commctl person import contacts.csv", ""}},
          {{"FILE", "the address book; - reads it from stdin", Word::file}},
          {{"--dry-run", "", "change nothing"}},
          run};
}

}  // namespace commd::commctl
