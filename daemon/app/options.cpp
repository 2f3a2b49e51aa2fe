#include "daemon/app/options.h"

#include <string_view>
#include <system_error>

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

base::Result<Options> parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    std::filesystem::path* path = nullptr;
    if (word == "--config") path = &options.paths.config;
    else if (word == "--state-dir") path = &options.paths.state_dir;
    else if (word == "--socket") path = &options.paths.socket;
    else if (word == "--check-config") options.check_config = true;
    else if (word == "--system") options.paths.system_service = true;
    else if (word == "--version") options.version = true;
    else if (word == "--help" || word == "-h") options.help = true;
    else
      return base::fail(base::invalid_argument("argument", "unknown argument \"" + std::string(word) + "\""));
    if (!path) continue;
    if (++i == argc || *argv[i] == '\0')
      return base::fail(base::invalid_argument("argument", std::string(word) + " wants a path after it"));
    std::error_code error;
    *path = std::filesystem::absolute(argv[i], error);
    if (error) return base::fail(base::invalid_argument("argument", std::string(word) + ": " + error.message()));
  }
  return options;
}

}  // namespace commd::app
