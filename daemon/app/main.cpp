// commd: reads its command line and settings, hardens the process, and hands over to
// the Daemon. Exit status: 0 ended by a signal, 1 could not start, 2 wrong usage or
// configuration.
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "daemon/app/daemon.h"
#include "daemon/app/options.h"
#include "daemon/settings/load.h"
#include "daemon/system/process.h"

namespace {

using namespace commd;

int complain(const base::Error& error, int status) {
  std::fprintf(stderr, "commd: %s\n", error.message.c_str());
  return status;
}

int check_config(const system::Paths& paths, const settings::Loaded& loaded) {
  for (const base::Error& error : loaded.errors)
    std::fprintf(stderr, "commd: %s\n", error.message.c_str());
  if (!loaded.errors.empty()) return 2;
  std::printf("%s: no mistakes\n",
              paths.config.empty() ? "no configuration file" : paths.config.c_str());
  return 0;
}

int run(const app::Options& options) {
  const auto paths = system::resolve_paths(options.paths, system::Environment::of_process());
  if (!paths) return complain(paths.error(), 1);
  const settings::Loaded loaded = settings::load_settings(paths->config);
  if (options.check_config || !loaded.errors.empty()) return check_config(*paths, loaded);
  if (auto hard = system::harden_process(); !hard) return complain(hard.error(), 1);
  system::raise_file_limit();
  auto signals = system::SignalSource::open();
  if (!signals) return complain(signals.error(), 1);
  auto notifier = system::ServiceNotifier::from_environment();
  if (!notifier) return complain(notifier.error(), 1);
  // The journal has timestamps of its own.
  const bool journal = std::getenv("JOURNAL_STREAM") != nullptr;
  base::LogFactory logs({loaded.settings.log.level,
                         loaded.settings.log.json ? base::LogFormat::json : base::LogFormat::text,
                         !journal, 200});
  app::Daemon daemon({options, *paths, loaded.settings, std::move(*signals), std::move(*notifier)},
                     logs);
  if (auto ended = daemon.run(); !ended) return complain(ended.error(), 1);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (auto filled = system::fill_standard_descriptors(); !filled)
    return complain(filled.error(), 1);
  const auto options = app::parse_options(argc, argv);
  if (!options) {
    complain(options.error(), 2);
    std::fputs(app::usage_text, stderr);
    return 2;
  }
  if (options->help) return std::fputs(app::usage_text, stdout) < 0;
  if (options->version) return std::printf("commd %s\n", COMMD_VERSION) < 0;
  try {
    return run(*options);
  } catch (const std::exception& error) {
    // A thread or a library that cannot be had at start.
    std::fprintf(stderr, "commd: cannot start: %s\n", error.what());
    return 1;
  }
}
