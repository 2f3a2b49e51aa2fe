#include <memory>

#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/export_file.h"
#include "clients/commctl/message_text.h"

namespace commd::commctl {
namespace {

constexpr int32_t messages_at_once = 500;

v1::ListMessagesRequest request_of(const Context& context) {
  v1::ListMessagesRequest request;
  request.set_address(context.option("--with"));
  request.set_account(context.option("--account"));
  request.set_oldest_first(true);
  request.set_page_size(messages_at_once);
  set_times(context, request);
  return request;
}

std::unique_ptr<ExportFile> file_of(const Context& context) {
  const std::string path = context.word(0);
  const bool on = context.has("--continue");
  if (path.empty() || path == "-") {
    if (on) context.usage_error("--continue needs the FILE to go on with");
    return nullptr;
  }
  using Begin = ExportFile::Begin;
  return std::make_unique<ExportFile>(path, on ? Begin::where_it_ended : Begin::anew);
}

int run(Context& context) {
  v1::ListMessagesRequest request = request_of(context);
  context.client().get_status();  // no file is made for a daemon that is not there
  const auto file = file_of(context);
  if (file) request.set_page_token(file->last_id());
  size_t messages = 0;
  do {
    const v1::ListMessagesResponse page = context.client().list_messages(request);
    std::string lines;
    for (const v1::Message& message : page.messages()) lines += json_of(message) + "\n";
    if (file)
      file->write(lines);
    else
      context.out().print_raw(lines);
    messages += static_cast<size_t>(page.messages_size());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  if (file) {
    file->close();
    context.out().say(std::to_string(messages) + (messages == 1 ? " message" : " messages") +
                      " written to " + context.word(0));
  }
  return 0;
}

}  // namespace

Command message_export_command() {
  return {
      "message export",
      "Write the history to a file, as JSON",
      "JSON Lines: one message a line, the fields of the API, the oldest first. Without FILE, "
      "to\n"
      "stdout. The file is made for your eyes alone. An export that was cut goes on with\n"
      "--continue, which also adds what was said since to one that is complete; what came late,\n"
      "with an earlier time (from a server's archive), is only in a new export.",
      {{"commctl message export history.jsonl", "everything"},
       {"commctl message export --with bob@example.org | jq -r .text", "what was said with bob"},
       {"commctl message export history.jsonl --continue", "what is new"}},
      {{"FILE", "where to; - is stdout", Word::file, Argument::Count::optional}},
      {{"--with", "ADDRESS", "only what was said with this person"},
       {"--account", "ACCOUNT", "only what this account sent or got", Word::account},
       {"--since", "T", "from then on: 2026-01-31, \"2026-01-31 14:00\", 14:00, yesterday, 7d"},
       {"--until", "T", "before then"},
       {"--continue", "", "go on after the last message of FILE"}},
      run};
}

}  // namespace commd::commctl
