#include "daemon/app/options.h"

#include <string_view>
#include <system_error>
#include <utility>

namespace commd::app {

const char* const usage_text =
    "usage: commd [--config FILE] [--state-dir DIR] [--socket PATH] [--check-config]\n"
    "             [--system] [--version]\n"
    "\n"
    "  --config FILE    read this file instead of ~/.config/commd/commd.toml\n"
    "  --state-dir DIR  keep state here instead of ~/.local/state/commd\n"
    "  --socket PATH    offer the API here instead of $XDG_RUNTIME_DIR/commd/commd.sock\n"
    "  --check-config   read the configuration, tell every mistake in it, and exit\n"
    "  --system         serve a site: folders of a system service, API for [api] group\n"
    "  --version        print the version and exit\n"
    "\n"
    "commctl is the client: try `commctl status`.\n";

namespace {

// Where the path of "--config", "--state-dir" or "--socket" goes; nullptr: none of them.
std::filesystem::path* path_of(Options& options, std::string_view word) {
  if (word == "--config") return &options.paths.config;
  if (word == "--state-dir") return &options.paths.state_dir;
  return word == "--socket" ? &options.paths.socket : nullptr;
}

// Where the word is a switch, the switch.
bool* switch_of(Options& options, std::string_view word) {
  if (word == "--check-config") return &options.check_config;
  if (word == "--system") return &options.paths.system_service;
  if (word == "--version") return &options.version;
  return word == "--help" || word == "-h" ? &options.help : nullptr;
}

base::Result<std::filesystem::path> absolute(const std::string& option, const std::string& value) {
  if (value.empty())
    return base::fail(base::invalid_argument("argument", option + " wants a path after it"));
  std::error_code error;
  const std::filesystem::path path = std::filesystem::absolute(value, error);
  if (error) return base::fail(base::invalid_argument("argument", option + ": " + error.message()));
  return path;
}

}  // namespace

base::Result<Options> parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (bool* const found = switch_of(options, word)) {
      *found = true;
      continue;
    }
    const size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    std::filesystem::path* const path = path_of(options, name);
    if (!path)
      return base::fail(base::invalid_argument("argument", "unknown argument \"" + word + "\""));
    const bool attached = equals != std::string::npos;
    const char* const next = !attached && i + 1 < argc ? argv[++i] : "";
    auto value = absolute(name, attached ? word.substr(equals + 1) : next);
    if (!value) return base::fail(value.error());
    *path = std::move(*value);
  }
  return options;
}

}  // namespace commd::app
