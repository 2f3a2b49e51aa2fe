#include "daemon/core/account_rules.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "daemon/model/host_port.h"
#include "daemon/model/ice_server.h"

namespace commd::core {
namespace {

using base::fail;
using base::invalid_argument;

bool plain(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return c > 0x20 && c != 0x7F && c != '<' && c != '>' && c != '"';
  });
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return text;
}

base::Result<void> in_range(const char* field, unsigned value, unsigned low, unsigned high,
                            bool zero_too = false) {
  if ((zero_too && value == 0) || (value >= low && value <= high)) return {};
  return fail(invalid_argument(field, std::string(field) + " must be " + (zero_too ? "0 or " : "") +
                                          std::to_string(low) + " to " + std::to_string(high)));
}

base::Result<void> check_path(const char* field, const std::string& path) {
  if (path.empty() || path.front() == '/') return {};
  return fail(invalid_argument(field, std::string(field) + " must be an absolute path"));
}

base::Result<void> check_uri(const char* field, const std::string& text) {
  if (text.empty()) return {};
  if (text.size() <= 1024 && plain(text)) return {};
  return fail(invalid_argument(field, std::string(field) + " is not a usable address"));
}

base::Result<void> check_servers(const model::AccountSettings& s) {
  if (auto stun = model::parse_stun_setting(s.stun); !stun) return fail(stun.error());
  const auto turn = model::parse_turn_setting(s.turn);
  if (!turn) return fail(turn.error());
  if (s.turn_username.size() > model::most_ice_username ||
      std::any_of(s.turn_username.begin(), s.turn_username.end(),
                  [](unsigned char c) { return c < 0x20 || c == 0x7F; }))
    return fail(
        invalid_argument("turn_username", "turn_username is one line of at most 508 bytes"));
  if (!turn->empty() && s.turn_username.empty())
    return fail(invalid_argument(
        "turn_username", "the servers of `turn` want to know who asks: set turn_username=NAME"));
  return {};
}

base::Result<void> check_listen(const std::vector<std::string>& addresses) {
  const auto wrong = [&](const std::string& value, const std::string& why) {
    base::Error error = invalid_argument(
        "listen",
        why + "; an address is IP or IP:PORT, for example 192.0.2.7 or [2001:db8::7]:5062");
    error.details["value"] = value;
    return fail(error);
  };
  if (addresses.size() > 16) return wrong({}, "listen has at most 16 addresses");
  for (const std::string& address : addresses) {
    const auto place = model::parse_host_port(address);
    if (!place || !model::is_listen_address(place->host))
      return wrong(address, "\"" + address + "\" is nothing to listen on");
  }
  return {};
}

// XMPP has no word that sends a caller on to another address.
base::Result<void> check_no_forwarding(const model::AccountSettings& settings) {
  for (const auto& [field, address] : {std::pair("forward_always", &settings.forward_always),
                                       std::pair("forward_busy", &settings.forward_busy),
                                       std::pair("forward_no_answer", &settings.forward_no_answer)})
    if (!address->empty())
      return fail(
          invalid_argument(field, std::string(field) +
                                      " has no effect on an account of XMPP, whose calls cannot be "
                                      "sent on; leave it empty: " +
                                      field + "="));
  return {};
}

}  // namespace

base::Result<AddressParts> parse_account_address(const std::string& text) {
  const auto wrong = [&](const std::string& why) {
    return fail(invalid_argument(
        "address", "\"" + text + "\" " + why + "; expected for example sip:alice@example.org"));
  };
  AddressParts parts;
  std::string scheme = "sip";
  std::string rest = text;
  if (const size_t colon = text.find(':'); colon != std::string::npos) {
    const std::string candidate = lower(text.substr(0, colon));
    if (candidate == "sip" || candidate == "sips" || candidate == "xmpp") {
      scheme = candidate;
      parts.scheme_given = true;
      rest = text.substr(colon + 1);
    } else if (text.find('@') == std::string::npos || text.find('@') > colon) {
      return wrong("has a scheme that is no account's");
    }
  }
  const size_t at = rest.rfind('@');
  if (text.size() > 512 || !plain(text)) return wrong("is too long or has forbidden characters");
  if (at == std::string::npos || at == 0 || at + 1 == rest.size())
    return wrong("lacks a user or a domain");
  parts.protocol = scheme == "xmpp" ? model::Protocol::xmpp : model::Protocol::sip;
  parts.user = rest.substr(0, at);
  parts.domain = lower(rest.substr(at + 1));
  if (parts.domain.find_first_of(";?/@") != std::string::npos ||
      parts.user.find(':') != std::string::npos)
    return wrong("has more than a user and a domain (parameters are account settings)");
  parts.uri = scheme + ":" + parts.user + "@" + parts.domain;
  if (parts.uri.size() > 512) return wrong("is too long");
  return parts;
}

base::Result<AddressParts> parse_own_address(const std::string& text) {
  const bool component = text.size() > 5 && lower(text.substr(0, 5)) == "xmpp:" &&
                         text.find_first_of("@/?;") == std::string::npos && plain(text) &&
                         text.size() <= 512;
  if (!component) return parse_account_address(text);
  AddressParts parts;
  parts.protocol = model::Protocol::xmpp_component;
  parts.scheme_given = true;
  parts.domain = lower(text.substr(5));
  parts.uri = "xmpp:" + parts.domain;
  return parts;
}

base::Result<void> check_account_id(const std::string& id) {
  if (id.empty() || id.size() > 128 || !plain(id) || id.find('/') != std::string::npos)
    return fail(
        invalid_argument("id", "an id has 1 to 128 characters without spaces, quotes or \"/\""));
  return {};
}

base::Result<void> check_codecs(const char* field, const std::vector<std::string>& codecs,
                                const std::vector<std::string>& known) {
  std::string choices;
  for (const std::string& name : known) choices += (choices.empty() ? "" : " ") + name;
  const auto wrong = [&](const std::string& value, const std::string& why) {
    base::Error error = invalid_argument(field, why + "; the codecs are: " + choices);
    error.details["value"] = value;
    error.details["choices"] = choices;
    return fail(error);
  };
  if (codecs.empty() || codecs.size() > 16) return wrong({}, "codecs are 1 to 16 names");
  for (const std::string& codec : codecs) {
    const bool is_known = std::any_of(known.begin(), known.end(), [&](const std::string& name) {
      return lower(name) == lower(codec);
    });
    if (!is_known) return wrong(codec, "\"" + codec + "\" is no codec of this daemon");
  }
  return {};
}

base::Result<void> check_for_protocol(model::Protocol protocol,
                                      const model::AccountSettings& settings) {
  if (protocol == model::Protocol::xmpp || protocol == model::Protocol::xmpp_component)
    if (const auto ok = check_no_forwarding(settings); !ok) return ok;
  if (protocol == model::Protocol::xmpp && settings.transport == model::SipTransport::udp)
    return fail(invalid_argument(
        "transport",
        "XMPP does not run over UDP; transport is tls (TLS from the first byte), tcp (STARTTLS), "
        "or auto"));
  // An XMPP server may name relays of its own (XEP-0215).
  const bool sip = protocol == model::Protocol::sip || protocol == model::Protocol::local;
  if (sip && settings.relay_only && (settings.turn.empty() || settings.ice == model::Toggle::off))
    return fail(invalid_argument(
        "relay_only",
        "relay_only sends all media over a TURN server: set ice=on and turn=turn:HOST too"));
  if (protocol != model::Protocol::xmpp_component) return {};
  if (settings.server.empty())
    return fail(invalid_argument(
        "server",
        "a component connects where its server waits for components: server=HOST:PORT, for example "
        "server=127.0.0.1:5347"));
  if (settings.transport == model::SipTransport::udp)
    return fail(invalid_argument(
        "transport", "a component's transport is tcp, tls (where its server offers it), or auto"));
  return {};
}

base::Result<void> check_relays(const model::AccountSettings& settings, bool has_turn_password) {
  if (settings.turn.empty() || has_turn_password) return {};
  return fail(invalid_argument("turn_password",
                               "the servers of `turn` want a password: give one (commctl: "
                               "--turn-password-file FILE)"));
}

base::Result<void> check_settings(const model::AccountSettings& s, Confirmation confirmation,
                                  const std::vector<std::string>& known_codecs) {
  if (s.auto_answer == model::AutoAnswer::always && confirmation == Confirmation::missing) {
    base::Error error{base::Code::failed_precondition,
                      "CONFIRMATION_REQUIRED",
                      "auto_answer=always opens the microphone to everybody who calls; "
                      "confirm it (commctl: --yes)",
                      {}};
    error.details["field"] = "settings.auto_answer";
    return fail(error);
  }
  for (const auto& result : {
           in_range("register_expiry_s", s.register_expiry_s, 60, 86400),
           in_range("keepalive_s", s.keepalive_s, 5, 3600, true),
           in_range("ring_timeout_s", s.ring_timeout_s, 10, 300),
           in_range("session_expires_s", s.session_expires_s, 90, 86400, true),
           check_path("tls_ca_file", s.tls_ca_file),
           check_path("tls_client_certificate", s.tls_client_certificate),
           check_uri("server", s.server),
           check_uri("outbound_proxy", s.outbound_proxy),
           check_uri("forward_always", s.forward_always),
           check_uri("forward_busy", s.forward_busy),
           check_uri("forward_no_answer", s.forward_no_answer),
           check_servers(s),
           check_uri("auth_user", s.auth_user),
           check_codecs("codecs", s.codecs, known_codecs),
           check_listen(s.listen),
       })
    if (!result) return result;
  if (s.display_name.size() > 256 ||
      std::any_of(s.display_name.begin(), s.display_name.end(),
                  [](unsigned char c) { return c < 0x20 || c == 0x7F; }))
    return fail(invalid_argument("display_name", "display_name is one line of at most 256 bytes"));
  return {};
}

}  // namespace commd::core
