#include "clients/commctl/program.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>

#include "clients/client/error.h"
#include "clients/commctl/arguments.h"
#include "clients/commctl/commands.h"
#include "clients/commctl/complete.h"
#include "clients/commctl/context.h"
#include "clients/commctl/help.h"
#include "clients/commctl/man.h"

namespace commd::commctl {
namespace {

using client::ExitCode;

constexpr int usage_code = static_cast<int>(ExitCode::usage);

// Runs what was understood. Errors come as exceptions.
int run_parsed(const std::vector<Command>& commands, const Arguments& arguments,
               const Output& out) {
  if (arguments.has("--version")) {
    out.print_raw("commctl " COMMD_VERSION "\n");
    return 0;
  }
  if (arguments.has("--help")) {
    out.print_raw(arguments.command != nullptr ? help_of(*arguments.command)
                                               : overview(commands, arguments.group));
    return 0;
  }
  if (arguments.command == nullptr) {
    std::fputs(overview(commands, arguments.group).c_str(), stderr);
    return usage_code;
  }
  Context context(commands, arguments, out);
  return arguments.command->run(context);
}

int run_command(const std::vector<Command>& commands, const std::vector<std::string>& line) {
  Arguments arguments;
  const auto said = [&](const char* option) {
    return std::find(line.begin(), line.end(), option) != line.end();
  };
  // Also for mistakes on a line that could not be parsed.
  const Output out(said("--json") ? Output::Format::json : Output::Format::human,
                   said("-q") || said("--quiet") ? Output::Talk::quiet : Output::Talk::normal);
  try {
    arguments = parse(commands, line);
    return run_parsed(commands, arguments, out);
  } catch (const UsageError& error) {
    out.complain(std::string(error.what()));
    std::string command = error.command();
    if (command.empty() && arguments.command != nullptr) command = arguments.command->name;
    out.say("See \"commctl " + command + (command.empty() ? "" : " ") + "--help\".");
    return usage_code;
  } catch (const client::ClientError& error) {
    out.complain(error);
    return static_cast<int>(error.exit_code());
  } catch (const StdoutError&) {
    throw;  // there is nobody left to explain more to
  } catch (const std::exception& error) {
    out.complain(std::string(error.what()));
    return static_cast<int>(ExitCode::failed);
  }
}

int run_line(const std::vector<std::string>& line) {
  const std::vector<Command> commands = all_commands();
  int code = 0;
  if (!line.empty() && line[0] == "__complete") {
    code = print_completions(commands, {line.begin() + 1, line.end()});
  } else if (!line.empty() && line[0] == "__man") {
    const std::string page = man_page(commands);
    std::fwrite(page.data(), 1, page.size(), stdout);
  } else {
    code = run_command(commands, line);
  }
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) throw StdoutError(errno);
  return code;
}

}  // namespace

int run_program(const std::vector<std::string>& line) {
  try {
    return run_line(line);
  } catch (const StdoutError& error) {
    // A reader that has seen enough ("| head") is no news to anybody.
    if (error.code().value() != EPIPE) std::fprintf(stderr, "commctl: %s\n", error.what());
    return static_cast<int>(ExitCode::failed);
  }
}

}  // namespace commd::commctl
