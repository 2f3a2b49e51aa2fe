#include "daemon/sip/register_outcome.h"

namespace commd::sip {
namespace {

using model::AccountState;

std::string said(const RegisterAnswer& answer) {
  std::string text = std::to_string(answer.status) + " " + answer.phrase;
  if (!answer.words.empty()) text += " (" + answer.words + ")";
  return text;
}

RegisterProblem failed(std::string reason, std::string message) {
  return {AccountState::failed, std::move(reason), std::move(message), {}};
}

RegisterProblem of_challenge(const RegisterAnswer& answer, const std::string& address,
                             const std::string& server) {
  const std::string reason = reason_of(answer.digest);
  switch (answer.digest) {
    case DigestVerdict::wrong_password:
      return failed(reason, server + " refused the password of " + address +
                                ": check the password, and auth_user if the login name is not "
                                "the user of the address");
    case DigestVerdict::no_password:
      return failed(reason, server + " wants a password, and the account has none");
    case DigestVerdict::not_ours:
      return failed(reason, server +
                                " asks for the password of another realm than before; it was not "
                                "answered. If the provider has changed, remove the account and "
                                "add it again");
    case DigestVerdict::weaker:
      return failed(reason, server +
                                " offers only MD5 where it has offered better before; it was not "
                                "answered, for somebody may be listening in between");
    case DigestVerdict::unsupported:
    case DigestVerdict::answer:
      break;
  }
  return failed("CHALLENGE_UNSUPPORTED",
                server + " asks for a login that is not supported (" + said(answer) + ")");
}

RegisterProblem unreached(const RegisterAnswer& answer, const std::string& server,
                          const std::optional<TlsFailure>& tls, base::WallTime now) {
  if (tls) return {AccountState::retrying, tls_reason(tls->kind), tls->message(now), {}};
  if (answer.status == 408)
    return {AccountState::retrying,
            "NO_ANSWER",
            server + " does not answer: check the server, the port and the transport",
            {}};
  if (answer.status >= 900)
    return {AccountState::retrying, "SIP_STACK_FAILED", "the request could not be made", {}};
  return {AccountState::retrying,
          "SERVER_UNREACHABLE",
          server + " cannot be reached: check the network, the server, the port and the transport",
          {}};
}

RegisterProblem refused(const RegisterAnswer& answer, const std::string& address,
                        const std::string& server) {
  switch (answer.status) {
    case 403:
      return failed("REGISTRATION_FORBIDDEN", server + " does not let " + address + " register: " +
                                                  said(answer) + "; ask the provider");
    case 404:
    case 410:
    case 604:
      return failed("ADDRESS_UNKNOWN",
                    server + " does not know " + address + ": check the spelling of the address");
    case 423:
      return failed("EXPIRY_REFUSED", server + " wants another register_expiry_s: " + said(answer));
    case 408:
      return {AccountState::retrying, "NO_ANSWER", server + " got no answer: " + said(answer), {}};
    default:
      break;
  }
  // Words about the request itself do not change by repeating it.
  constexpr int hopeless[] = {400, 405, 406, 413, 414, 415, 416, 420, 421, 482, 483, 484, 493};
  for (const int status : hopeless)
    if (answer.status == status)
      return failed("REGISTRATION_REFUSED", server + " refused to register: " + said(answer));
  if (answer.status >= 600)
    return failed("REGISTRATION_REFUSED", server + " refused to register: " + said(answer));
  const char* reason = answer.status >= 500 ? "SERVER_UNAVAILABLE" : "REGISTRATION_REFUSED";
  return {AccountState::retrying, reason, server + " cannot register us now: " + said(answer),
          answer.retry_after};
}

}  // namespace

RegisterProblem problem_of(const RegisterAnswer& answer, const std::string& address,
                           const std::string& server, const std::optional<TlsFailure>& tls,
                           base::WallTime now) {
  if (!answer.by_server) return unreached(answer, server, tls, now);
  if (answer.status == 401 || answer.status == 407) return of_challenge(answer, address, server);
  if (answer.status >= 300 && answer.status < 400) {
    const std::string where = answer.moved_to.empty() ? "elsewhere" : "to " + answer.moved_to;
    return failed("SERVER_MOVED", server + " sends us " + where +
                                      ", which is not followed; if that is right, set `server`");
  }
  return refused(answer, address, server);
}

}  // namespace commd::sip
