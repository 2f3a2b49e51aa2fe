// How a call has ended, and what to do about it.
#include <array>

#include "daemon/core/explain_rules.h"

namespace commd::core {
namespace {

using model::EndedBy;
using model::EndReason;
using model::Finding;
using Severity = Finding::Severity;

// What was said on the wire, for a sentence: " (486 Busy Here)".
std::string wire_words(const model::EndDetail& detail) {
  std::string words;
  if (detail.sip_code != 0) words = std::to_string(detail.sip_code);
  for (const std::string& more : {detail.jingle_reason, detail.text})
    if (!more.empty()) words += (words.empty() ? "" : " ") + more;
  return words.empty() ? "" : " (" + words + ")";
}

std::string who(EndedBy by) {
  switch (by) {
    case EndedBy::local:
      return "This end";
    case EndedBy::remote:
      return "The far end";
    case EndedBy::network:
      return "The network";
    case EndedBy::nobody:
    case EndedBy::daemon:
      break;
  }
  return "commd";
}

bool says_encryption(const std::string& text) {
  return text.find("ncrypt") != std::string::npos || text.find("SRTP") != std::string::npos ||
         text.find("SAVP") != std::string::npos;
}

Finding encryption_required(const CallFacts& facts) {
  const bool ours = facts.call.ended_by == EndedBy::daemon || facts.call.ended_by == EndedBy::local;
  if (const Findings downgrade = explain_downgrade(facts); ours && !downgrade.empty())
    return downgrade.front();
  if (ours)
    return {Severity::problem, "ENCRYPTION_REQUIRED",
            "This account demands encrypted calls (encryption=required), and the far end did not "
            "agree to any keys" +
                wire_words(facts.call.end_detail) + ".",
            "Switch on SRTP or DTLS-SRTP at the far end; or accept that anybody on the way can "
            "listen: commctl account set ACCOUNT encryption=preferred"};
  return {Severity::problem, "ENCRYPTION_REQUIRED",
          "The far end takes encrypted calls only, and this one was not" +
              wire_words(facts.call.end_detail) + ".",
          facts.encryption == model::Encryption::off
              ? "Encryption is switched off here: commctl account set ACCOUNT encryption=preferred"
              : "Keys may be offered here only over protected signalling: use the account over TLS "
                "(transport=tls), or DTLS-SRTP at the far end."};
}

// 488 says little: what was offered says more.
Finding incompatible(const CallFacts& facts) {
  const model::EndDetail& detail = facts.call.end_detail;
  const bool ours = facts.call.ended_by == EndedBy::daemon;
  const bool clear = facts.ours.known && !facts.ours.keys();
  if (says_encryption(detail.text)) return encryption_required(facts);
  if (!ours && facts.encryption == model::Encryption::required)
    return {Severity::problem, "ENCRYPTION_NOT_ACCEPTED",
            "The far end took nothing of what was offered" + wire_words(detail) +
                ", and only encrypted media was (encryption=required): it probably cannot encrypt.",
            "Switch on SRTP at the far end; or accept that anybody on the way can listen: commctl "
            "account set ACCOUNT encryption=preferred"};
  // Who refuses an offer says nothing of its own codecs.
  std::string text = ours || facts.theirs.known
                         ? "The two ends have no codec in common"
                         : "The far end took nothing of what was offered, mostly for want of a "
                           "codec in common";
  text += wire_words(detail) + ".";
  if (facts.ours.known && !facts.ours.codecs.empty())
    text += " This end speaks " + joined(facts.ours.codecs) + ".";
  if (facts.theirs.known && !facts.theirs.codecs.empty())
    text += " The far end speaks " + joined(facts.theirs.codecs) + ".";
  std::string advice =
      "Allow more codecs here (commctl account set ACCOUNT codecs=opus,G722,PCMA,PCMU), or at the "
      "far end.";
  if (!ours && clear)
    advice += " It may also want encryption: nothing that this end offered was encrypted.";
  if (facts.media_error && facts.media_error->reason == "CODEC_UNAVAILABLE")
    return {Severity::problem, "CODEC_UNAVAILABLE",
            "The only codec in common cannot be used here: " + facts.media_error->message + ".",
            "Install what the message names, or allow another codec at the far end."};
  return {Severity::problem, "NO_COMMON_CODEC", std::move(text), std::move(advice)};
}

Finding account_offline(const CallFacts& facts) {
  std::string text = "The account " + facts.call.account.str() + " is not connected to its server";
  if (!facts.account_message.empty()) text += ": " + facts.account_message;
  return {Severity::problem, "ACCOUNT_OFFLINE", text + ".",
          "commctl account show " + facts.call.account.str() + " says why and what to do."};
}

Finding unreachable(const CallFacts& facts) {
  const model::EndDetail& detail = facts.call.end_detail;
  const std::string reason = facts.route_error ? facts.route_error->reason : "";
  if (reason == "ACCOUNT_OFFLINE") return account_offline(facts);
  // The SIP stack's own words for it.
  const bool dns = detail.text.find("DNS") != std::string::npos;
  if (reason.starts_with("DNS_") || reason == "SERVICE_NOT_OFFERED" || dns)
    return {Severity::problem, "NAME_NOT_FOUND",
            "The server of " + facts.call.remote.address + " cannot be found" + wire_words(detail) +
                ".",
            "Check the domain of the address for a slip, and the name servers of this machine."};
  if (reason == "NETWORK_DOWN")
    return {Severity::problem, "NETWORK_DOWN",
            "This machine has no network that leads there" + wire_words(detail) + ".",
            "Connect it to a network; an address of IPv6 alone needs one with IPv6."};
  if (reason == "TLS_REQUIRED" || detail.text == "no TLS for a sips: address")
    return {Severity::problem, "TLS_REQUIRED",
            "The address (sips:) wants TLS all the way, which this account does not have.",
            "Use an account with transport=tls, or an address with sip: instead of sips:."};
  if (detail.sip_code != 0)
    return {Severity::problem, "SERVER_UNREACHABLE",
            "A server on the way could not take the call" + wire_words(detail) + ".",
            "Try again later; if it stays so, ask who runs the server."};
  // The SIP room's words for it.
  if (detail.text == "nobody answers at that address")
    return {Severity::problem, "NOTHING_LISTENS",
            "Nothing listens at the address that the call was sent to (" +
                facts.call.remote.address + "), or it cannot be reached from here.",
            "Check the address and its port, and whether the program at the far end runs and takes "
            "this transport (UDP, TCP, TLS); then the firewalls between."};
  return {Severity::problem, "SERVER_UNREACHABLE",
          "No connection leads to the server or the far end" + wire_words(detail) + ".",
          "Check the network of this machine, the address, and the account's server (commctl "
          "account show)."};
}

Finding ended_by_media(const CallFacts& facts) {
  const std::string& words = facts.call.end_detail.text;
  if (facts.media_error && facts.media_error->reason == "NO_RTP_PORT")
    return {Severity::problem, "NO_MEDIA_PORT",
            "No port for sound is left on this machine: " + facts.media_error->message + ".",
            "Widen [media] rtp_ports in commd.toml, or end other calls."};
  if (facts.media_error && facts.media_error->reason.starts_with("FILE_"))
    return {Severity::problem, "FILE_UNUSABLE",
            "A file that the call was to play or write cannot be used: " + words + ".",
            "Name another file, or mend what the message says."};
  if (facts.media_error && facts.media_error->reason == "RELAY_UNAVAILABLE")
    return {Severity::problem, "NO_RELAY",
            "This account goes by relays only (relay_only), and there is none: " + words + ".",
            "Set a TURN server (commctl account set ACCOUNT turn=...), or relay_only=false."};
  return {Severity::problem, "MEDIA_FAILED",
          "The call's media could not be set up" + wire_words(facts.call.end_detail) + ".",
          "commctl explain --trace shows each step; the daemon's log may say more."};
}

// Whoever rings out is told so in many ways: 480, 408, 487 of the far end.
bool rang_out(const CallFacts& facts) {
  const EndReason reason = facts.call.end_reason;
  if (!facts.rang || facts.call.answer_time != base::WallTime{}) return false;
  return reason == EndReason::no_answer || reason == EndReason::unavailable ||
         reason == EndReason::timeout ||
         (reason == EndReason::cancelled && facts.call.ended_by != EndedBy::local);
}

Finding no_answer(const CallFacts& facts) {
  const char* const what =
      facts.call.early_media ? "It rang, or an announcement was played, for " : "It rang for ";
  return {Severity::info, "NO_ANSWER",
          what + in_seconds(facts.rang_for) + ", and nobody answered" +
              wire_words(facts.call.end_detail) + ".",
          "Call again later, or send a message."};
}

// 416: who takes no sips: takes mostly sip:, and TLS to the first server is had by that as well.
Finding scheme_refused(const CallFacts& facts) {
  const std::string& address = facts.call.remote.address;
  if (address.starts_with("sips:"))
    return {Severity::problem, "SCHEME_REFUSED",
            "The far end does not take sips: addresses" + wire_words(facts.call.end_detail) + ".",
            "Call the same address with sip:, by an account with transport=tls: the way to its "
            "server is protected by that, too."};
  return {Severity::problem, "SCHEME_REFUSED",
          "The far end does not take addresses of this kind (" +
              address.substr(0, address.find(':')) + ":)" + wire_words(facts.call.end_detail) + ".",
          "Call it by an address with sip:, as in sip:name@domain."};
}

// Those whose words need nothing but the reason.
struct Plain {
  EndReason reason;
  Severity severity;
  const char* code;
  const char* text;
  const char* advice;
};
constexpr std::array plain = {
    Plain{EndReason::cancelled, Severity::info, "CANCELLED",
          "The caller gave up before anybody answered", ""},
    Plain{EndReason::declined, Severity::info, "DECLINED", "The call was declined by a person",
          "Call later, or send a message."},
    Plain{EndReason::busy, Severity::info, "BUSY", "The called person is busy",
          "Call again later, or send a message."},
    Plain{EndReason::no_answer, Severity::info, "NO_ANSWER", "It rang, and nobody answered",
          "Call again later. How long it rings here is the account's ring_timeout_s."},
    Plain{EndReason::answered_elsewhere, Severity::info, "ANSWERED_ELSEWHERE",
          "Another device of the same person took the call", ""},
    Plain{EndReason::not_found, Severity::problem, "ADDRESS_NOT_FOUND",
          "There is nobody of that address", "Check the address for a slip."},
    Plain{EndReason::unavailable, Severity::problem, "NOT_AVAILABLE",
          "The address exists, but no device of that person is connected",
          "Call again later; at the far end a device must be switched on and logged in."},
    Plain{EndReason::forbidden, Severity::problem, "FORBIDDEN",
          "The far end or its server does not allow this call",
          "Ask who runs the server whether this account may call there."},
    Plain{EndReason::authentication_failed, Severity::problem, "LOGIN_REFUSED",
          "The server did not accept the account's password for this call",
          "Set the right password: commctl account set ACCOUNT --password-file FILE"},
    Plain{EndReason::redirected, Severity::info, "REDIRECTED",
          "The call was forwarded to another address", ""},
    Plain{EndReason::transferred, Severity::info, "TRANSFERRED",
          "The call was handed on to another one", ""},
    Plain{EndReason::tls_failed, Severity::problem, "TLS_FAILED",
          "The server's certificate or its TLS was refused, so nothing was sent",
          "Have the server present a certificate of the right name by an authority that is "
          "trusted here, or name yours: commctl account set ACCOUNT tls_ca_file=FILE"},
    Plain{EndReason::timeout, Severity::problem, "NO_RESPONSE",
          "The far end never answered the call's signalling at all",
          "Its device is off, the address leads elsewhere, or a firewall eats the packets: check "
          "the address, the port and the transport (try transport=tcp or tls)."},
    Plain{EndReason::server_error, Severity::problem, "SERVER_ERROR", "A server on the way failed",
          "Try again later; if it stays so, ask who runs it."},
    Plain{EndReason::media_lost, Severity::problem, "MEDIA_LOST",
          "Nothing came from the far end any more, so the call was ended",
          "The far end or the network between was gone: look at its connection and at yours. "
          "[media] lost_ends_call says how long it is waited for."},
    Plain{EndReason::limit_reached, Severity::problem, "LIMIT_REACHED",
          "There are as many calls as may be", "Raise [limits] in commd.toml."},
    Plain{EndReason::client_gone, Severity::info, "CLIENT_GONE",
          "The program that owned the call has gone, so the call was ended",
          "Place it with --detach if it is to live on."},
    Plain{EndReason::daemon_stopped, Severity::info, "DAEMON_STOPPED", "The daemon was stopped",
          ""},
    Plain{EndReason::daemon_restarted, Severity::problem, "DAEMON_RESTARTED",
          "The daemon died during the call, and was started again",
          "Look into its log for the reason, and tell its makers."},
    Plain{EndReason::protocol_error, Severity::problem, "PROTOCOL_ERROR",
          "The far end broke the rules of the protocol",
          "Update the program at the far end; commctl explain --trace shows how far it came."},
    Plain{EndReason::internal_error, Severity::problem, "INTERNAL_ERROR",
          "An error of commd itself", "Look into its log, and tell its makers."},
};

// What the person here has done, who needs no advice on it.
constexpr std::array by_this_person = {
    Plain{EndReason::cancelled, Severity::info, "CANCELLED", "You gave up before anybody answered",
          ""},
    Plain{EndReason::declined, Severity::info, "DECLINED", "You declined it", ""},
    Plain{EndReason::busy, Severity::info, "BUSY", "You let the caller know that you are busy", ""},
    Plain{EndReason::transferred, Severity::info, "TRANSFERRED", "You handed it on to another one",
          ""},
};

Findings plainly(const CallFacts& facts) {
  const auto search = [&](const auto& all) {
    Findings found;
    for (const Plain& one : all)
      if (found.empty() && one.reason == facts.call.end_reason)
        found.push_back({one.severity, one.code, one.text + wire_words(facts.call.end_detail) + ".",
                         one.advice});
    return found;
  };
  if (facts.call.ended_by == EndedBy::local)
    if (Findings mine = search(by_this_person); !mine.empty()) return mine;
  return search(plain);
}

}  // namespace

Findings explain_end(const CallFacts& facts) {
  const EndReason reason = facts.call.end_reason;
  if (reason == EndReason::hung_up)
    return {{Severity::info, "HUNG_UP", who(facts.call.ended_by) + " hung up.", {}}};
  if (facts.call.end_detail.sip_code == 416) return {scheme_refused(facts)};
  if (rang_out(facts)) return {no_answer(facts)};
  if (reason == EndReason::incompatible_media) return {incompatible(facts)};
  if (reason == EndReason::encryption_required) return {encryption_required(facts)};
  if (reason == EndReason::account_offline) return {account_offline(facts)};
  if (reason == EndReason::unreachable) {
    Findings all{unreachable(facts)};
    if (!facts.account_online && all.front().code != "ACCOUNT_OFFLINE")
      all.push_back(account_offline(facts));
    return all;
  }
  if (reason == EndReason::media_failed) {
    Findings way = explain_way(facts);
    return way.empty() ? Findings{ended_by_media(facts)} : way;
  }
  if (reason == EndReason::timeout && facts.call.answer_time != base::WallTime{})
    return {{Severity::problem, "NO_RESPONSE",
             "The far end did not answer the call's signalling any more" +
                 wire_words(facts.call.end_detail) + ".",
             "It has lost its network, or its answers do not arrive: look at the network, the "
             "server, and the transport (try transport=tcp or tls)."}};
  return plainly(facts);
}

}  // namespace commd::core
