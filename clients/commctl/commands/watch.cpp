#include <chrono>

#include "clients/client/event_stream.h"
#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/duration.h"
#include "clients/commctl/event_text.h"
#include "clients/commctl/terminal.h"

namespace commd::commctl {
namespace {

using client::EventStream;

void show(const Output& out, const EventStream::Item& item) {
  switch (item.kind) {
    case EventStream::Kind::snapshot:
      if (item.error) out.say("The token is too old; beginning again with everything there is.");
      return;
    case EventStream::Kind::lost:
      out.say("Connection lost, trying again: " + item.error->message());
      return;
    case EventStream::Kind::checkpoint:
      if (out.json()) out.print(item.response);
      return;
    case EventStream::Kind::event:
      if (out.json()) {
        out.print(item.response);
      } else {
        out.print(event_line(item.response.event(), timestamp_now()));
      }
      return;
  }
}

int run(Context& context) {
  Deadline deadline;
  if (context.timeout()) deadline = std::chrono::steady_clock::now() + *context.timeout();
  EventStream events(context.client(), context.option("--from"));
  while (true) {
    while (const auto item = events.next()) show(context.out(), *item);
    if (!wait_readable({events.descriptor()}, deadline))
      return static_cast<int>(client::ExitCode::timed_out);
  }
}

}  // namespace

Command watch_command() {
  return {
      "watch",
      "Print everything that happens, one event a line",
      "First the accounts, calls and devices as they are, then each change. With --json each line\n"
      "carries resume_token; --from continues after it without a gap, also across a restart of "
      "the\n"
      "daemon. Ends only by Ctrl-C or --timeout (exit 6).",
      {{"commctl watch", "for a person"},
       {"commctl watch --json | jq -c .event.call_changed", "calls only"},
       {"commctl watch --json --from \"$token\"", "what came after the last line seen"}},
      {},
      {{"--from", "TOKEN", "the resume_token of the last line seen; empty: from the beginning",
        Word::any, false, "", true}},
      run};
}

}  // namespace commd::commctl
