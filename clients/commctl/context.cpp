#include "clients/commctl/context.h"

#include <filesystem>

#include "clients/client/socket.h"
#include "clients/commctl/duration.h"

namespace commd::commctl {

Context::Context(const std::vector<Command>& commands, Arguments arguments, const Output& output)
    : commands_(commands), arguments_(std::move(arguments)), output_(output) {
  timeout_ = duration("--timeout");
}

std::string Context::word(size_t n) const {
  return n < arguments_.words.size() ? arguments_.words[n] : "";
}

const std::vector<std::string>& Context::all(const std::string& name) const {
  static const std::vector<std::string> none;
  const auto found = arguments_.options.find(name);
  return found == arguments_.options.end() ? none : found->second;
}

std::optional<std::chrono::milliseconds> Context::duration(const std::string& name) const {
  if (!has(name)) return std::nullopt;
  const auto parsed = parse_duration(option(name));
  if (!parsed || parsed->count() == 0)
    usage_error("\"" + option(name) + "\" is no duration for " + name +
                "; write 500ms, 10s, 2m, or a number of seconds");
  return parsed;
}

client::Client& Context::client() {
  if (!client_) {
    client_ = std::make_unique<client::Client>(
        client::socket_path(option("--socket"), client::Environment::of_process()));
    if (timeout_) client_->set_timeout(*timeout_);
  }
  return *client_;
}

void Context::usage_error(const std::string& message) const {
  throw UsageError(message, arguments_.command != nullptr ? std::string(arguments_.command->name)
                                                          : arguments_.group);
}

std::string absolute_path(const std::string& text) {
  return std::filesystem::absolute(text).lexically_normal();
}

std::string absolute_audio(const std::string& text) {
  constexpr std::string_view scheme = "file:";
  constexpr std::string_view loop = ",loop";
  if (!text.starts_with(scheme) || text.size() == scheme.size()) return text;
  std::string path = text.substr(scheme.size());
  const bool looped = path.ends_with(loop);
  if (looped) path.resize(path.size() - loop.size());
  return std::string(scheme) + absolute_path(path) + std::string(looped ? loop : "");
}

}  // namespace commd::commctl
