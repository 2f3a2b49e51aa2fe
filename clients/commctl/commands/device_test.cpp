#include <array>
#include <chrono>
#include <cstdio>

#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/report.h"

namespace commd::commctl {
namespace {

std::string level_text(double level) {
  std::array<char, 32> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.1f dB", level);
  return buffer.data();
}

int run(Context& context) {
  v1::TestDevicesRequest request;
  request.set_capture(context.audio("--capture"));
  request.set_playback(context.audio("--playback"));
  if (const auto length = context.duration("--duration")) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*length).count();
    if (seconds > 30) context.usage_error("--duration is at most 30s");
    request.set_seconds(static_cast<uint32_t>(seconds));
  }
  context.out().say("Playing a tone and listening ...");
  const v1::TestDevicesResponse response = context.client().test_devices(request);
  if (context.out().json()) {
    context.out().print(response);
    return 0;
  }
  for (const Line& line : fact_lines({{"loudest", {level_text(response.peak_dbov())}},
                                      {"average", {level_text(response.rms_dbov())}},
                                      {"result", {response.message()}}}))
    context.out().print(line);
  return 0;
}

}  // namespace

Command device_test_command() {
  return {"device test",
          "Play a tone, listen, and tell what the microphone heard",
          "",
          {{"commctl device test", "the devices calls use"},
           {"commctl device test --capture pulse:headset", "another microphone"}},
          {},
          {{"--capture", "SOURCE", "default or pulse:NAME", Word::source},
           {"--playback", "SINK", "default or pulse:NAME", Word::sink},
           {"--duration", "DURATION", "1s to 30s (default 3s)"}},
          run};
}

}  // namespace commd::commctl
