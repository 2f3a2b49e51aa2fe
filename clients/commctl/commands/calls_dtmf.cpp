#include "clients/commctl/call_verb.h"
#include "clients/commctl/commands.h"
#include "clients/commctl/duration.h"

namespace commd::commctl {
namespace {

int run(Context& context) {
  v1::SendDtmfRequest request;
  request.set_id(context.word(0));
  request.set_digits(context.word(1));
  if (request.digits().empty() ||
      request.digits().find_first_not_of("0123456789*#ABCDabcd,") != std::string::npos)
    context.usage_error("digits are 0-9 * # A-D, and a comma for a pause");
  if (const auto each = context.duration("--duration")) {
    request.mutable_duration()->set_seconds(each->count() / 1000);
    request.mutable_duration()->set_nanos(static_cast<int32_t>(each->count() % 1000) * 1000000);
  }
  return show_call(context, context.client().send_dtmf(request));
}

}  // namespace

Command calls_dtmf_command() {
  return {
      "calls dtmf",
      "Send digits",
      "",
      {{"commctl calls dtmf 4f2a 1234#", ""}, {"commctl calls dtmf 4f2a 1,,42", "with a pause"}},
      {required_call(), {"DIGITS", "0-9 * # A-D, and a comma for a pause of a second"}},
      {{"--duration", "DURATION", "length of each digit, 40ms to 2s (default 120ms)"}},
      run};
}

}  // namespace commd::commctl
