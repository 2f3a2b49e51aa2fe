// calls record, calls play
#include "clients/commctl/call_verb.h"
#include "clients/commctl/commands.h"

namespace commd::commctl {
namespace {

// PATH and --stop exclude each other, and one is needed.
void check(const Context& context) {
  if (context.word(1).empty() == !context.has("--stop"))
    context.usage_error("name either a file or --stop");
}

int record(Context& context) {
  check(context);
  v1::RecordCallRequest request;
  request.set_id(context.word(0));
  request.set_stop(context.has("--stop"));
  if (!request.stop()) request.set_path(absolute_path(context.word(1)));
  return show_call(context, context.client().record_call(request));
}

int play(Context& context) {
  check(context);
  v1::PlayIntoCallRequest request;
  request.set_id(context.word(0));
  request.set_stop(context.has("--stop"));
  if (!request.stop()) request.set_path(absolute_path(context.word(1)));
  return show_call(context, context.client().play_into_call(request));
}

}  // namespace

Command calls_record_command() {
  return {"calls record",
          "Record both directions of a call to a file",
          "",
          {{"commctl calls record 4f2a talk.wav", "left: sent, right: received"},
           {"commctl calls record 4f2a talk.ogg", "Opus"},
           {"commctl calls record 4f2a --stop", "closes the file"}},
          {required_call(),
           {"PATH", "a file, .wav or .ogg; one that exists is written anew", Word::file,
            Argument::Count::optional}},
          {{"--stop", "", "stop the recording"}},
          record};
}

Command calls_play_command() {
  return {"calls play",
          "Play a WAV file to the far end",
          "",
          {{"commctl calls play 4f2a hello.wav", ""}, {"commctl calls play 4f2a --stop", ""}},
          {required_call(), {"PATH", "a WAV file", Word::file, Argument::Count::optional}},
          {{"--stop", "", "stop what is playing"}},
          play};
}

}  // namespace commd::commctl
