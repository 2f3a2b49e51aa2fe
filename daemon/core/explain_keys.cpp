// Why the two ends have no keys for the media, or keys with somebody else than before.
#include "daemon/core/explain_rules.h"

namespace commd::core {
namespace {

using model::Finding;
using Severity = Finding::Severity;

Finding dtls_failed(const base::Error& error, const std::string& why) {
  if (error.reason == "FINGERPRINT_MISMATCH")
    return {Severity::problem, "FINGERPRINT_MISMATCH",
            "The far end of the media has shown another certificate than the one that the "
            "signalling promised: somebody may be in the middle. The call was ended, nothing was "
            "said to it.",
            "Do not trust this line. Call by another network; if it happens again, ask the far "
            "end by another way which fingerprint is its own, and whether a server on the way "
            "rewrites calls."};
  if (why == "role_conflict")
    return {Severity::problem, "DTLS_ROLE_CONFLICT",
            "Both ends of the media took the same role in agreeing on keys (DTLS setup), so that "
            "neither answered the other.",
            "The far end, or a server between, gets a=setup wrong (RFC 5763): update it, or use "
            "SDES over TLS."};
  if (why == "silence")
    return {Severity::problem, "DTLS_SILENT",
            "Keys were to be agreed on in the media path (DTLS), and the far end never said a "
            "word there.",
            "Its packets do not arrive: a firewall, or an address that leads elsewhere. Let UDP "
            "in, switch ICE on (commctl account set ACCOUNT ice=on), or have a server relay the "
            "media."};
  if (error.reason == "DTLS_NO_SRTP")
    return {Severity::problem, "DTLS_NO_SRTP",
            "The two ends found no cipher for the media in common: " + error.message + ".",
            "Update the program at the far end."};
  return {Severity::problem, "DTLS_FAILED",
          "The two ends did not come to keys for the media: " + error.message + ".",
          "Update the program at the far end; commctl explain --trace shows each step."};
}

// RFC 6189: whose messages did not fit together, or never came.
Finding zrtp_failed(const base::Error& error, const std::string& why) {
  if (error.reason == "ZRTP_VERSION")
    return {Severity::problem, "ZRTP_VERSION", "The two ends speak different versions of ZRTP.",
            "Update the program at the far end, or do without: commctl account set ACCOUNT "
            "zrtp=off"};
  if (error.reason == "ZRTP_SAME_END")
    return {Severity::problem, "ZRTP_SAME_END",
            "Both ends of the call have one name in ZRTP: they are accounts of one daemon, or of "
            "two that have the same secrets, since one is a copy of the other.",
            "Do without ZRTP between them, on one end: commctl account set ACCOUNT zrtp=off"};
  if (why == "silence")
    return {Severity::problem, "ZRTP_SILENT",
            "Keys were to be agreed on in the media path (ZRTP), and the far end never said a "
            "word there.",
            "Its packets do not arrive: a firewall, or an address that leads elsewhere. Let UDP "
            "in, switch ICE on (commctl account set ACCOUNT ice=on), or have a server relay the "
            "media."};
  if (why == "hello_mismatch")
    return {Severity::problem, "ZRTP_HELLO_MISMATCH",
            "The far end of the media is not the one that the signalling announced (another "
            "ZRTP Hello than its zrtp-hash): somebody may be in the middle. The call was ended.",
            "Do not trust this line. Call by another network; a server on the way that speaks "
            "ZRTP itself looks the same: ask who runs it."};
  if (why == "tampered")
    return {Severity::problem, "ZRTP_TAMPERED",
            "Messages that agree on the keys (ZRTP) came changed: somebody on the way touches "
            "them, or the far end's program is wrong. The call was ended.",
            "Do not trust this line. Call by another network; if it happens everywhere update "
            "the program at the far end."};
  return {Severity::problem, "ZRTP_FAILED",
          "The two ends did not come to keys for the media by ZRTP: " + error.message + ".",
          "Update the program at the far end, or do without: commctl account set ACCOUNT "
          "zrtp=off; commctl explain --trace shows each step."};
}

}  // namespace

Finding keys_failed(const base::Error& error) {
  const auto cause = error.details.find("cause");
  const std::string why = cause == error.details.end() ? "" : cause->second;
  return error.reason.starts_with("ZRTP_") ? zrtp_failed(error, why) : dtls_failed(error, why);
}

Finding keys_missing(const CallFacts& facts) {
  if (facts.stats && facts.stats->evidence.elsewhere > 0)
    return {Severity::problem, "OTHER_ADDRESS",
            "The keys of the media are not agreed on yet: somebody speaks at " +
                facts.stats->evidence.elsewhere_address +
                ", which is not where the far end said it is, and is not listened to.",
            "If the far end is behind a router that rewrites addresses: commctl account set "
            "ACCOUNT latch=on (or ice=on)."};
  return {Severity::problem, facts.keys_by == "ZRTP" ? "ZRTP_SILENT" : "DTLS_SILENT",
          "The call is answered, but the keys of its media are not agreed on yet (" +
              facts.keys_by + "): the far end says nothing that helps.",
          "If it stays so the call ends by itself. Its packets do not arrive: a firewall, or "
          "an address that leads elsewhere; switch ICE on (commctl account set ACCOUNT "
          "ice=on), or have a server relay the media."};
}

Findings explain_downgrade(const CallFacts& facts) {
  if (!facts.downgrade_refused) return {};
  const bool over = facts.call.state == model::CallState::ended && facts.media_error;
  return {{over ? Severity::problem : Severity::warning, "DOWNGRADE_REFUSED",
           std::string("In the middle of the call the far end, or somebody in between, took away "
                       "the keys that protect it. ") +
               (over ? "The call was ended, so that it did not go on in the clear."
                     : "That was refused, and the call went on as it was."),
           "A server on the way may have handed the call to a device that cannot encrypt: call "
           "that device itself. Else do not trust this line, and call by another network."}};
}

Findings explain_words(const CallFacts& facts) {
  if (facts.words_missing)
    return {{Severity::warning, "ZRTP_MISSING",
             "You have compared the words of ZRTP with this person before, and this call is "
             "without: it is not known who is at the other end.",
             "It may be another program or device of theirs, with zrtp=off; else somebody in "
             "between has taken ZRTP away: do not trust this line."}};
  if (!facts.call.security.mismatch) return {};
  return {{Severity::warning, "ZRTP_MISMATCH",
           "The far end may be somebody else than in earlier calls: it does not know the secret "
           "of these, or is another device.",
           "Compare the four characters aloud (commctl calls show), then say so: commctl calls "
           "verify --yes. If they differ hang up: somebody is in the middle."}};
}

}  // namespace commd::core
