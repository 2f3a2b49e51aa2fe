#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/duration.h"
#include "clients/commctl/phone.h"
#include "clients/commctl/report.h"
#include "clients/commctl/request_id.h"
#include "clients/commctl/settings.h"
#include "clients/commctl/terminal.h"

namespace commd::commctl {
namespace {

using client::ExitCode;

v1::CreateCallRequest request_of(const Context& context) {
  v1::CreateCallRequest request;
  request.set_address(context.word(0));
  request.set_account(context.option("--from"));
  request.set_capture(context.audio("--capture"));
  request.set_playback(context.audio("--playback"));
  request.set_owned(!context.has("--detach"));
  request.set_request_id(random_request_id());
  for (const std::string& text : context.all("--set"))
    apply_setting(text, call_setting_keys(), *request.mutable_settings());
  return request;
}

int detach(Context& context, const v1::CreateCallRequest& request) {
  if (context.has("--duration"))
    context.usage_error("--duration needs this program to stay; it does not go with --detach");
  const v1::Call call = context.client().create_call(request);
  if (context.out().json()) {
    context.out().print(call);
  } else {
    context.out().print(call.id());
  }
  return 0;
}

void print_report(const Output& out, v1::Call call, const v1::CallStats& stats) {
  // The daemon did not confirm the end in time.
  if (!call.has_end_time()) *call.mutable_end_time() = timestamp_now();
  if (out.json()) {
    out.print_raw(report_json(call, stats) + "\n");
    return;
  }
  for (const Line& line : report_lines(call, stats)) out.print(line);
}

int run(Context& context) {
  const v1::CreateCallRequest request = request_of(context);
  if (context.has("--detach")) return detach(context, request);
  const SignalInbox signals;
  PhoneOptions options;
  options.capture = request.capture();
  options.playback = request.playback();
  options.duration = context.duration("--duration");
  options.timeout = context.timeout();
  ExitCode code = ExitCode::ok;
  v1::Call call;
  v1::CallStats stats;
  {
    Phone phone(context, signals, options);
    phone.adopt(context.client().create_call(request));
    code = phone.run();
    call = phone.first_call();
    stats = phone.first_stats();
  }
  print_report(context.out(), call, stats);
  if (code == ExitCode::timed_out) context.out().complain("nobody answered in time");
  if (code != ExitCode::ok) return static_cast<int>(code);
  // Answered, but nobody could hear or be heard: that is no call.
  const bool useless = call.end_reason() == v1::Call::END_REASON_MEDIA_FAILED ||
                       call.end_reason() == v1::Call::END_REASON_INTERNAL_ERROR;
  const bool good = call.has_answer_time() && !useless;
  return static_cast<int>(good ? ExitCode::ok : ExitCode::failed);
}

}  // namespace

Command call_command() {
  return {
      "call",
      "Call somebody",
      "In a terminal the call is shown live and takes keys: m mute, h hold, digits, t transfer,\n"
      "r record, q hang up, y or n where they ask you to call somebody else; a waiting call can\n"
      "be answered (a) or declined (d), and s switches.\n"
      "Without a terminal it waits for the end of the call. Then the call report is printed. Exit "
      "0\n"
      "if the call was answered, else 1; 6 if nobody answered within --timeout; Ctrl-C hangs up: "
      "130.\n"
      "With --json the report is the call's object with one more member, \"stats\".",
      {{"commctl call bob@example.org", "with the usual microphone and speaker"},
       {"commctl call echo", "the daemon's own echo service: hear yourself"},
       {"commctl call bob@example.org --duration 10s --capture file:hello.wav --playback none "
        "--json",
        "for a script"},
       {"commctl call bob@example.org --detach", "prints the call's id and lets it live"}},
      {{"ADDRESS",
        "sip:..., sips:..., tel:..., user@domain, or a name of the local account (echo)"}},
      {{"--from", "ACCOUNT", "the account to call with", Word::account},
       {"--capture", "SOURCE",
        "what to send: default, none, tone:HZ, file:PATH.wav[,loop], pulse:NAME", Word::source},
       {"--playback", "SINK", "where to play: default, none, file:PATH.wav, pulse:NAME",
        Word::sink},
       {"--duration", "T", "hang up so long after the answer"},
       {"--detach", "", "print the call's id and leave; the call lives on"},
       {"--set", "KEY=VALUE", "a setting for this call, over the account's", Word::call_setting,
        true}},
      run};
}

}  // namespace commd::commctl
