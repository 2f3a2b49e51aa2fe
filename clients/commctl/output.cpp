#include "clients/commctl/output.h"

#include <google/protobuf/util/json_util.h>
#include <google/protobuf/wrappers.pb.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "clients/client/escape.h"

namespace commd::commctl {
namespace {

std::string variable(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): never set by us
  return value != nullptr ? value : "";
}

// https://no-color.org: any value that is not empty.
Colour colour_of(int descriptor) {
  const bool wanted = variable("NO_COLOR").empty() && variable("TERM") != "dumb";
  return wanted && ::isatty(descriptor) == 1 ? Colour::on : Colour::off;
}

void write(FILE* file, std::string_view text) { std::fwrite(text.data(), 1, text.size(), file); }

// "a, b" or "a b" of an error's metadata, one a line; nothing when the message itself
// says it.
std::string choices_of(const client::ClientError& error) {
  std::string out;
  for (const char* key : {"candidates", "choices"}) {
    const auto found = error.metadata().find(key);
    if (found == error.metadata().end()) continue;
    if (error.message().find(found->second) != std::string::npos) continue;
    std::string_view rest = found->second;
    while (!rest.empty()) {
      const size_t end = rest.find_first_of(", \n");
      const std::string_view one = rest.substr(0, end);
      if (!one.empty()) out += "  " + client::escape_line(one) + "\n";
      rest = end == std::string_view::npos ? "" : rest.substr(end + 1);
    }
  }
  return out;
}

// A JSON string with its quotes.
std::string json_text(const std::string& text) {
  google::protobuf::StringValue value;
  value.set_value(text);
  return json_of(value);
}

// Each line escaped by itself: our own messages have line feeds, the network's not.
std::string escape_lines(std::string_view text) {
  std::string out;
  while (true) {
    const size_t end = text.find('\n');
    out += client::escape_line(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    out += '\n';
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::string json_of(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(message, &text, options);
  if (!status.ok())
    throw client::ClientError(client::Code::internal, "",
                              "the daemon sent what has no JSON: " + status.ToString());
  return text;
}

Output::Output(Format format, Talk talk)
    : format_(format),
      talk_(talk),
      stdout_colour_(colour_of(STDOUT_FILENO)),
      stderr_colour_(colour_of(STDERR_FILENO)) {}

void Output::print(const google::protobuf::Message& message) const {
  print_raw(json_of(message) + "\n");
}

void Output::print(const Line& line) const { print_raw(render(line, stdout_colour_) + "\n"); }

void Output::print_wrapped(const Line& line, size_t margin) const {
  const size_t columns = terminal_columns(STDOUT_FILENO);
  for (const Line& part : wrap(line, columns == 0 ? unlimited : columns, margin)) print(part);
}

void Output::print(const Table& table) const {
  const size_t columns = terminal_columns(STDOUT_FILENO);
  const size_t width = columns == 0 ? unlimited : columns;
  for (const Line& line : layout(table, width))
    print_raw(render(line, stdout_colour_, width) + "\n");
}

void Output::print_raw(std::string_view text) const {
  errno = 0;
  // A line at a time, also into a pipe: who reads a stream wants it now.
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
    throw StdoutError(errno);
}

void Output::say(const Line& line) const {
  if (talk_ == Talk::normal) write(stderr, render(line, stderr_colour_) + "\n");
}

void Output::complain(const std::string& text) const {
  const std::string lead = stderr_colour_ == Colour::on ? "\x1b[31mcommctl:\x1b[0m " : "commctl: ";
  write(stderr, lead + escape_lines(text) + "\n");
}

void Output::complain(const client::ClientError& error) const {
  if (!json()) {
    complain(error.message());
    write(stderr, choices_of(error));
    return;
  }
  std::string metadata;
  for (const auto& [key, value] : error.metadata())
    metadata += (metadata.empty() ? "" : ",") + json_text(key) + ":" + json_text(value);
  write(stderr, "{\"error\":{\"code\":" + json_text(client::name_of(error.code())) +
                    ",\"reason\":" + json_text(error.reason()) + ",\"message\":" +
                    json_text(error.message()) + ",\"metadata\":{" + metadata + "}}}\n");
}

size_t terminal_rows(int descriptor) {
  winsize size{};
  return ::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 ? 24 : size.ws_row;
}

size_t terminal_columns(int descriptor) {
  winsize size{};
  if (::isatty(descriptor) != 1) return 0;
  if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

}  // namespace commd::commctl
