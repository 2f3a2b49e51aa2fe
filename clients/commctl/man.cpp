#include "clients/commctl/man.h"

namespace commd::commctl {
namespace {

// A backslash begins a request, a hyphen would become a typographic one, and a dot
// or quote at the beginning of a line is a macro.
std::string roff(std::string_view text) {
  std::string out;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
    line_begins = c == '\n';
  }
  return out;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : roff(text)) {
    if (c == '"') {
      out += "\\(dq";
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string option_entries(const std::vector<Option>& options) {
  std::string text;
  for (const Option& option : options) {
    text += ".TP\n";
    std::string words =
        option.short_name.empty() ? "" : "\\fB" + roff(option.short_name) + "\\fR, ";
    words += "\\fB" + roff(option.name) + "\\fR";
    if (!option.value.empty()) words += " \\fI" + roff(option.value) + "\\fR";
    text += words + "\n" + roff(option.help) + "\n";
  }
  return text;
}

std::string command_section(const Command& command) {
  std::string text = ".SS " + quoted(std::string(command.name) + " " + synopsis_of(command)) + "\n";
  text += roff(command.summary) + ".\n";
  if (!command.details.empty()) text += ".PP\n" + roff(command.details) + "\n";
  for (const Argument& argument : command.arguments)
    text += ".TP\n\\fI" + roff(argument.name) + "\\fR\n" + roff(argument.help) + "\n";
  text += option_entries(command.options);
  text += ".PP\n.nf\n";
  for (const Example& example : command.examples) {
    if (!example.what.empty()) text += "# " + roff(example.what) + "\n";
    text += roff(example.line) + "\n";
  }
  return text + ".fi\n";
}

constexpr const char* head =
    R"(.\" Printed by "commctl __man" from the table of commands: change that.
.TH COMMCTL 1 "" "commd" "User Commands"
.SH NAME
commctl \- make calls and look after accounts through the commd daemon
.SH SYNOPSIS
.B commctl
.RI [ OPTION ]... " COMMAND " [ OPTION ]... " " [ WORD ]...
.SH DESCRIPTION
commctl says to the daemon
.BR commd (8)
what a person or a script wants, over its unix socket. Results go to stdout, talk goes to stderr.
In a terminal
.B commctl call
and
.B commctl listen
show the call live and take keys.
.SH OPTIONS
)";

constexpr const char* tail = R"(.SH ENVIRONMENT
.TP
.B COMMD_SOCKET
The daemon's socket, unless \fB\-\-socket\fR is given.
.TP
.B NO_COLOR
Not empty: no colours.
.TP
.BR XDG_RUNTIME_DIR ", " XDG_STATE_HOME
Where the socket is otherwise: commd/commd.sock in the former, else in /run/user/UID, else
commd/run/commd.sock in the latter.
.SH "EXIT STATUS"
.TP
.B 0
All is well; for \fBcall\fR: it was answered.
.TP
.B 1
It failed.
.TP
.B 2
A mistake on the command line, or a name that stands for several things.
.TP
.B 3
The daemon cannot be reached.
.TP
.B 4
Not permitted.
.TP
.B 5
There is no such account, call, device or file.
.TP
.B 6
Timed out.
.TP
.B 130
Interrupted.
.SH "SEE ALSO"
.BR commd (8)
)";

}  // namespace

std::string man_page(const std::vector<Command>& commands) {
  std::string text = head + option_entries(common_options()) + ".SH COMMANDS\n";
  for (const Command& command : commands) text += command_section(command);
  return text + tail;
}

}  // namespace commd::commctl
