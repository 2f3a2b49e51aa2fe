#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/words.h"

namespace commd::commctl {
namespace {

int run(Context& context) {
  const v1::ListDevicesResponse response = context.client().list_devices();
  const Output& out = context.out();
  if (out.json()) {
    for (const v1::Device& device : response.devices()) out.print(device);
  } else if (response.devices().empty()) {
    out.say("No sound devices.");
  } else {
    Table table;
    table.header = {"KIND", "NAME", "DESCRIPTION"};
    table.flexible = 2;
    for (const v1::Device& device : response.devices()) {
      std::string kind = enum_word(*v1::Device::Kind_descriptor(), device.kind());
      if (device.default_()) kind += " *";
      table.rows.push_back({{kind, device.default_() ? Style::good : Style::plain},
                            {"pulse:" + device.id()},
                            {device.description() + (device.monitor() ? " (monitor)" : "")}});
    }
    out.print(table);
  }
  if (!response.message().empty()) out.say(response.message());
  return 0;
}

}  // namespace

Command device_list_command() {
  return {"device list",
          "List microphones and speakers; a star marks the default",
          "",
          {{"commctl device list", "names as --capture and --playback take them"}},
          {},
          {},
          run};
}

}  // namespace commd::commctl
