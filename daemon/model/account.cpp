#include "daemon/model/account.h"

#include "daemon/model/host_port.h"

namespace commd::model {

bool server_is_here(const Account& account) {
  const std::string& server = account.settings.server;
  const std::string domain = account.address.substr(account.address.find_last_of("@:") + 1);
  const auto host = parse_host_port(server.empty() ? domain : server);
  return host && is_this_machine(host->host);
}

std::vector<std::string> default_codecs() { return {"opus", "G722", "PCMU", "PCMA"}; }

const char* to_string(Protocol value) {
  switch (value) {
    case Protocol::local:
      return "local";
    case Protocol::sip:
      return "sip";
    case Protocol::xmpp:
      return "xmpp";
    case Protocol::xmpp_component:
      return "xmpp_component";
  }
  return "";
}

const char* to_string(AccountState value) {
  switch (value) {
    case AccountState::disabled:
      return "disabled";
    case AccountState::connecting:
      return "connecting";
    case AccountState::online:
      return "online";
    case AccountState::retrying:
      return "retrying";
    case AccountState::failed:
      return "failed";
  }
  return "";
}

const char* to_string(SipTransport value) {
  switch (value) {
    case SipTransport::automatic:
      return "automatic";
    case SipTransport::udp:
      return "udp";
    case SipTransport::tcp:
      return "tcp";
    case SipTransport::tls:
      return "tls";
  }
  return "";
}

const char* to_string(Encryption value) {
  switch (value) {
    case Encryption::required:
      return "required";
    case Encryption::preferred:
      return "preferred";
    case Encryption::off:
      return "off";
  }
  return "";
}

}  // namespace commd::model
