#include "daemon/store/settings_text.h"

#include <array>
#include <charconv>
#include <tuple>
#include <utility>
#include <vector>

#include "daemon/store/fields.h"

namespace commd::store {
namespace {

using model::AccountSettings;

constexpr std::string_view header_prefix = "commd-settings ";
constexpr std::string_view header = "commd-settings 1\n";

template <class T>
struct Field {
  std::string_view key;
  T AccountSettings::*member;

  constexpr Field(std::string_view name, T AccountSettings::*setting)
      : key(name), member(setting) {}
};

// The keys are part of the file format: add, never rename.
constexpr auto fields = std::tuple{
    Field{"display_name", &AccountSettings::display_name},
    Field{"auth_user", &AccountSettings::auth_user},
    Field{"server", &AccountSettings::server},
    Field{"transport", &AccountSettings::transport},
    Field{"outbound_proxy", &AccountSettings::outbound_proxy},
    Field{"register", &AccountSettings::register_},
    Field{"register_expiry_s", &AccountSettings::register_expiry_s},
    Field{"keepalive_s", &AccountSettings::keepalive_s},
    Field{"auto_answer", &AccountSettings::auto_answer},
    Field{"encryption", &AccountSettings::encryption},
    Field{"ice", &AccountSettings::ice},
    Field{"codecs", &AccountSettings::codecs},
    Field{"accept_from", &AccountSettings::accept_from},
    Field{"latch", &AccountSettings::latch},
    Field{"relay_only", &AccountSettings::relay_only},
    Field{"stun", &AccountSettings::stun},
    Field{"turn", &AccountSettings::turn},
    Field{"turn_username", &AccountSettings::turn_username},
    Field{"tls_ca_file", &AccountSettings::tls_ca_file},
    Field{"tls_client_certificate", &AccountSettings::tls_client_certificate},
    Field{"early_send", &AccountSettings::early_send},
    Field{"dtmf", &AccountSettings::dtmf},
    Field{"is_default", &AccountSettings::is_default},
    Field{"do_not_disturb", &AccountSettings::do_not_disturb},
    Field{"call_waiting", &AccountSettings::call_waiting},
    Field{"hide_number", &AccountSettings::hide_number},
    Field{"forward_always", &AccountSettings::forward_always},
    Field{"forward_busy", &AccountSettings::forward_busy},
    Field{"forward_no_answer", &AccountSettings::forward_no_answer},
    Field{"ring_timeout_s", &AccountSettings::ring_timeout_s},
    Field{"session_expires_s", &AccountSettings::session_expires_s},
    Field{"listen", &AccountSettings::listen},
    Field{"transfers", &AccountSettings::transfers},
    Field{"allow_clear_text", &AccountSettings::allow_clear_text},
    Field{"message_waiting", &AccountSettings::message_waiting},
    Field{"publish_presence", &AccountSettings::publish_presence},
    Field{"zrtp", &AccountSettings::zrtp},
};
constexpr size_t count = std::tuple_size_v<decltype(fields)>;
static_assert(count == field_count<AccountSettings>(), "a setting is not stored");

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case ';':
        out += "\\;";
        break;
      default:
        out += c;
    }
  }
}

void append(std::string& out, const std::string& value) { append_escaped(out, value); }
void append(std::string& out, bool value) { out += value ? "on" : "off"; }
void append(std::string& out, unsigned value) { out += std::to_string(value); }
void append(std::string& out, const std::vector<std::string>& values) {
  for (const std::string& value : values) {
    append_escaped(out, value);
    out += ';';
  }
}
template <class E>
requires std::is_enum_v<E>
void append(std::string& out, E value) { out += to_word(value); }

// Text up to the end or to an unescaped semicolon, which is taken too when
// `element` says so. Nothing if the escapes are not ours.
std::optional<std::string> take_text(std::string_view& in, const bool element) {
  std::string out;
  for (size_t i = 0; i < in.size(); ++i) {
    if (in[i] == ';') {
      if (!element) return std::nullopt;
      in.remove_prefix(i + 1);
      return out;
    }
    if (in[i] != '\\') {
      out += in[i];
      continue;
    }
    if (++i == in.size()) return std::nullopt;
    switch (in[i]) {
      case '\\':
        out += '\\';
        break;
      case ';':
        out += ';';
        break;
      case 'n':
        out += '\n';
        break;
      default:
        return std::nullopt;
    }
  }
  if (element) return std::nullopt;
  in = {};
  return out;
}

bool parse(std::string_view text, std::string& value) {
  auto taken = take_text(text, false);
  if (taken) value = std::move(*taken);
  return taken.has_value();
}
bool parse(std::string_view text, bool& value) {
  value = text == "on";
  return value || text == "off";
}
bool parse(std::string_view text, unsigned& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}
bool parse(std::string_view text, std::vector<std::string>& values) {
  values.clear();
  while (!text.empty()) {
    auto taken = take_text(text, true);
    if (!taken) return false;
    values.push_back(std::move(*taken));
  }
  return true;
}
template <class E>
requires std::is_enum_v<E>
bool parse(std::string_view text, E& value) {
  const auto known = from_word<E>(text);
  if (known) value = *known;
  return known.has_value();
}

enum class Outcome { stored, unknown_key, repeated, bad_value };

Outcome decode_line(std::string_view key, std::string_view text, AccountSettings& settings,
                    std::array<bool, count>& seen) {
  Outcome outcome = Outcome::unknown_key;
  const auto try_field = [&](const auto& field, const size_t index) {
    if (field.key != key) return false;
    if (std::exchange(seen[index], true))
      outcome = Outcome::repeated;
    else
      outcome = parse(text, settings.*field.member) ? Outcome::stored : Outcome::bad_value;
    return true;
  };
  [&]<size_t... I>(std::index_sequence<I...>) { (void)(try_field(std::get<I>(fields), I) || ...); }
  (std::make_index_sequence<count>{});
  return outcome;
}

tl::unexpected<base::Error> damaged(const std::string& what) {
  return base::fail(base::Code::failed_precondition, "STORE_DAMAGED",
                    "the stored settings are damaged: " + what);
}

tl::unexpected<base::Error> newer(const std::string& what) {
  return base::fail(base::Code::failed_precondition, "STORE_NEWER_VERSION",
                    "the stored settings were written by a newer commd: " + what);
}

}  // namespace

std::string encode_settings(const AccountSettings& settings, std::string_view unknown_lines) {
  std::string out(header);
  const auto line = [&](const auto& field) {
    out += field.key;
    out += '=';
    append(out, settings.*field.member);
    out += '\n';
  };
  std::apply([&](const auto&... field) { (line(field), ...); }, fields);
  out += unknown_lines;
  return out;
}

base::Result<DecodedSettings> decode_settings(std::string_view text) {
  if (!text.starts_with(header)) {
    if (text.starts_with(header_prefix)) return newer("another format of settings");
    return damaged("they have no header");
  }
  text.remove_prefix(header.size());
  DecodedSettings decoded;
  std::array<bool, count> seen{};
  while (!text.empty()) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) return damaged("a line has no end");
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos || equals == 0) return damaged("a line has no key");
    const std::string_view key = line.substr(0, equals);
    switch (decode_line(key, line.substr(equals + 1), decoded.settings, seen)) {
      case Outcome::stored:
        break;
      case Outcome::unknown_key:
        decoded.unknown_lines.append(line).append("\n");
        break;
      case Outcome::repeated:
        return damaged(std::string(key) + " is there twice");
      case Outcome::bad_value:
        return newer("the value of " + std::string(key));
    }
  }
  return decoded;
}

}  // namespace commd::store
