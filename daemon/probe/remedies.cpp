#include "daemon/probe/remedies.h"

#include <string_view>
#include <utility>

namespace commd::probe {
namespace {

std::string set_command(const Subject& subject, const std::string& value) {
  return "commctl account set " + subject.account + " " + subject.setting + "=" + value;
}

std::string for_names(std::string_view reason, const Subject& subject) {
  if (reason == "DNS_NO_SUCH_NAME" || reason == "DNS_NO_DATA" || reason == "DOMAIN_INVALID")
    return "check how " + subject.host + " is written; another host is set by \"" +
           set_command(subject, "HOST") + "\"";
  if (reason == "DNS_TIMEOUT" || reason == "DNS_UNREACHABLE")
    return "check the network of this machine, and the name servers in /etc/resolv.conf";
  if (reason.starts_with("DNS_"))
    return "the name servers fail for this name: try again later, or other name servers";
  return {};
}

std::string for_connections(std::string_view reason, const Subject& subject) {
  if (reason == "CONNECTION_REFUSED")
    return "nothing listens there: check the port, and whether the server runs; another place is "
           "set by \"" +
           set_command(subject, "HOST:PORT") + "\"";
  if (reason == "CONNECT_TIMEOUT" || reason == "PROBE_TIMEOUT" || reason == "STUN_NO_ANSWER")
    return "a firewall on the way may drop it, or the server is down: try from another network, "
           "and ask who runs " +
           subject.host;
  if (reason == "NETWORK_DOWN") return "this machine has no way there: check its network";
  if (reason == "CONNECTION_LOST")
    return "the server ends the connection: check the port, its log may say why";
  return {};
}

std::string for_certificates(std::string_view reason, const Subject& subject) {
  if (reason == "TLS_WRONG_NAME")
    return "who runs the server must give it a certificate for " + subject.host +
           ", or another server is meant";
  if (reason == "TLS_EXPIRED")
    return "who runs " + subject.host +
           " must renew its certificate; check the clock of this machine, too";
  if (reason == "TLS_NOT_YET_VALID") return "check the clock of this machine";
  if (reason == "TLS_SELF_SIGNED" || reason == "TLS_UNKNOWN_ISSUER")
    return "if that is an authority of your own, name it: \"commctl account set " +
           subject.account + " tls_ca_file=FILE.pem\"; else somebody is in between";
  if (reason == "TLS_CA_UNREADABLE")
    return "check the file that tls_ca_file of " + subject.account + " names";
  if (reason == "TLS_PROTOCOL" || reason == "TLS_CLOSED" || reason == "TLS_TIMEOUT")
    return "what listens there may not speak TLS: check the port";
  if (reason.starts_with("TLS_")) return "ask who runs " + subject.host;
  return {};
}

std::string for_relays(std::string_view reason, const Subject& subject) {
  const std::string password =
      "commctl account set " + subject.account + " --turn-password-file FILE";
  if (reason == "TURN_CREDENTIALS_MISSING")
    return "name who asks, and the password: \"commctl account set " + subject.account +
           " turn_username=NAME --turn-password-file FILE\"";
  if (reason == "TURN_CREDENTIALS_REFUSED")
    return "check the setting turn_username, and set the password anew by \"" + password +
           "\"; names that hold a time end at that time";
  if (reason == "TURN_REFUSED") return "the log of " + subject.host + " says why";
  if (reason == "TURN_PEER_REFUSED" || reason == "TURN_NOTHING_RELAYED")
    return "calls may go through it all the same; if they are silent, check what " + subject.host +
           " relays to (its relay address, its firewall)";
  if (reason == "TURN_ANSWER_UNPROVEN" || reason == "TURN_ANSWER_BROKEN" || reason == "STUN_BROKEN")
    return "what answers there is no TURN server that can be used: check host and port";
  return {};
}

}  // namespace

std::string remedy_for(const base::Error& error, const Subject& subject) {
  const std::string_view reason = error.reason;
  for (auto* words : {&for_names, &for_connections, &for_certificates, &for_relays})
    if (std::string remedy = words(reason, subject); !remedy.empty()) return remedy;
  return {};
}

model::Check failed_check(std::string id, const Subject& subject, const base::Error& error) {
  model::Check check;
  check.id = std::move(id);
  check.account = model::AccountId(subject.account);
  check.result = model::CheckResult::failed;
  check.reason = error.reason;
  check.found = error.message;
  check.remedy = remedy_for(error, subject);
  check.facts = error.details;
  return check;
}

}  // namespace commd::probe
