#include <charconv>

#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/file_follow.h"

namespace commd::commctl {
namespace {

// "500", "20k", "3M", "4G": powers of ten.
int64_t size_of(const Context& context, const std::string& text) {
  if (text.empty()) return 0;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string unit(end, text.data() + text.size());
  const int64_t factor = unit.empty()                  ? 1
                         : unit == "k" || unit == "kB" ? 1000
                         : unit == "M" || unit == "MB" ? 1'000'000
                         : unit == "G" || unit == "GB" ? 1'000'000'000
                                                       : 0;
  if (error != std::errc() || factor == 0 || value <= 0 || value > INT64_MAX / factor)
    context.usage_error("\"" + text + "\" is no size; write 500k, 20M or 4G");
  return value * factor;
}

v1::ReceiveFileRequest request_of(const Context& context) {
  v1::ReceiveFileRequest request;
  if (const std::string to = context.option("--to"); !to.empty())
    request.set_path(absolute_path(to));
  request.set_max_size(size_of(context, context.option("--max-size")));
  return request;
}

bool is_transfer(Context& context, const std::string& id) {
  try {
    context.client().get_file(id);
    return true;
  } catch (const client::ClientError& error) {
    if (error.code() == client::Code::not_found) return false;
    throw;
  }
}

int run_get(Context& context) {
  v1::ReceiveFileRequest request = request_of(context);
  const std::string what = context.word(0);
  if (what.find("://") != std::string::npos)
    request.set_url(what);
  else if (is_transfer(context, what))
    request.set_id(what);
  else
    request.set_message(what);
  return follow_file(context, [&] { return context.client().receive_file(request); });
}

int run_accept(Context& context) {
  v1::ReceiveFileRequest request = request_of(context);
  request.set_id(context.word(0));
  return follow_file(context, [&] { return context.client().receive_file(request); });
}

std::vector<Option> options() {
  return {{"--to", "PATH", "a folder, or the file to make; else STATE/media/incoming", Word::file},
          {"--max-size", "SIZE", "refuse what is larger: 500k, 20M, 4G (default 4 GiB)"},
          detach_option()};
}

}  // namespace

Command file_get_command() {
  return {"file get",
          "Fetch a file: of a message, an offer, or an address",
          "Prints where the file is. Nothing is overwritten: a second photo.jpg becomes\n"
          "photo (2).jpg. What was cut goes on where it was.",
          {{"commctl file get 8f2c41d0 --to ~/Downloads", "what a message has attached"},
           {"commctl file get https://example.org/a.pdf --to /tmp", ""}},
          {{"WHAT", "the id of a message or a transfer, or https://..."}},
          options(),
          run_get};
}

Command file_accept_command() {
  return {"file accept",
          "Take a file that is offered",
          "Prints where the file is.",
          {{"commctl file accept 4f2a --to ~/Downloads", ""}},
          {{"TRANSFER", "its id or the beginning of it; \"file list\" shows them"}},
          options(),
          run_accept};
}

}  // namespace commd::commctl
