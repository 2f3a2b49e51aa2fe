#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/phone.h"
#include "clients/commctl/terminal.h"

namespace commd::commctl {
namespace {

int run(Context& context) {
  const SignalInbox signals;
  PhoneOptions options;
  options.purpose = PhoneOptions::Purpose::listen;
  options.capture = context.audio("--capture");
  options.playback = context.audio("--playback");
  options.timeout = context.timeout();
  return static_cast<int>(Phone(context, signals, options).run());
}

}  // namespace

Command listen_command() {
  return {
      "listen",
      "Wait for calls in this terminal: it rings, a answers, d declines",
      "Tab chooses among several. An answered call is shown live, with the keys of \"commctl "
      "call\";\n"
      "it ends with this program. Missed calls are told. Without a terminal, and with --json, it\n"
      "only tells who calls.",
      {{"commctl listen", "q ends it"},
       {"commctl listen --json", "each change of an incoming call, one object a line"}},
      {},
      {{"--capture", "SOURCE", "what answered calls send: default, none, tone:HZ, file:PATH.wav",
        Word::source},
       {"--playback", "SINK", "where answered calls play: default, none, file:PATH.wav",
        Word::sink}},
      run};
}

}  // namespace commd::commctl
