#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/duration.h"
#include "clients/commctl/file_text.h"
#include "clients/commctl/message_text.h"

namespace commd::commctl {
namespace {

int run_list(Context& context) {
  v1::ListFilesRequest request;
  request.set_address(context.word(0));
  request.set_page_size(message_limit(context, 20));
  const v1::ListFilesResponse response = context.client().list_files(request);
  const Output& out = context.out();
  if (out.json()) {
    for (const v1::FileTransfer& file : response.files()) out.print(file);
    return 0;
  }
  if (response.files().empty()) {
    out.say("No files.");
    return 0;
  }
  Table table;
  table.header = {"ID", "STATE", "SIZE", "NAME", "PERSON"};
  table.flexible = 3;
  for (const v1::FileTransfer& file : response.files()) {
    const bool incoming = file.direction() == v1::FileTransfer::DIRECTION_INCOMING;
    table.rows.push_back({{file.id().substr(0, 8)},
                          {word_of(file.state()), style_of(file.state())},
                          {file.size() > 0 ? bytes_text(file.size()) : "", Style::dim},
                          {file.name().empty() ? file.url() : file.name()},
                          {file.peer().empty() ? "" : (incoming ? "from " : "to ") + file.peer()}});
  }
  out.print(table);
  if (!response.next_page_token().empty()) out.say("There are older ones; see --limit.");
  return 0;
}

void row(const Output& out, const std::string& name, const std::string& value) {
  if (!value.empty())
    out.print(Line{{name + std::string(14 - name.size(), ' '), Style::dim}, {value}});
}

int run_show(Context& context) {
  const v1::FileTransfer file = context.client().get_file(context.word(0));
  const Output& out = context.out();
  if (out.json()) {
    out.print(file);
    return 0;
  }
  const bool incoming = file.direction() == v1::FileTransfer::DIRECTION_INCOMING;
  row(out, "id", file.id());
  row(out, incoming ? "from" : "to", file.peer());
  row(out, "account", file.account());
  out.print(Line{{"state         ", Style::dim}, {word_of(file.state()), style_of(file.state())}});
  row(out, "why", file.fail_message());
  row(out, "name", file.name());
  row(out, "size", file.size() > 0 ? bytes_text(file.size()) : "");
  row(out, "transferred", bytes_text(file.transferred()));
  row(out, "type", file.media_type());
  row(out, "caption", file.description());
  row(out, "way", method_text(file.method()));
  row(out, "file", file.path());
  row(out, "address", file.url());
  row(out, "sha-256", file.sha256());
  row(out, "message", file.message());
  row(out, "since", local_time(file.create_time(), timestamp_now()));
  return 0;
}

}  // namespace

Command file_list_command() {
  return {"file list",
          "Show the files on their way, and those of before",
          "The newest first.",
          {{"commctl file list bob@example.org", "those with bob"}},
          {{"ADDRESS", "only with this person", Word::contact, Argument::Count::optional}},
          {{"--limit", "N", "at most N files, 1 to 1000 (default 20)"}},
          run_list};
}

Command file_show_command() {
  return {"file show",
          "Show all there is to know of one file",
          "",
          {{"commctl file show 4f2a", ""}},
          {{"TRANSFER", "its id or the beginning of it; \"file list\" shows them"}},
          {},
          run_show};
}

}  // namespace commd::commctl
