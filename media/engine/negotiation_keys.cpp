// Which keys protect the media: those of the signalling (RFC 4568), or those that the two
// ends agree on by DTLS (RFC 5763) or ZRTP (RFC 6189), which nobody in the signalling's way can
// read.
#include <algorithm>
#include <string_view>

#include "media/engine/negotiation_parts.h"

namespace commd::engine {
namespace {

using base::fail;
using base::Result;
using model::DtlsParameters;
using model::Encryption;
using model::SdesKey;

constexpr size_t max_key_lines = 16;

// RFC 4568 6.3: a line with a parameter that we do not know is not for us, unless
// the parameter is marked as ignorable by "-". WSH is only a hint.
bool understands_session_params(std::string_view text) {
  while (!text.empty()) {
    const size_t space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    if (!word.empty() && !word.starts_with('-') && !word.starts_with("WSH=")) return false;
    text = space == std::string_view::npos ? std::string_view() : text.substr(space + 1);
  }
  return true;
}

srtp::KeyParams fresh_key(srtp::SrtpProfile profile) { return {srtp::SrtpKey::random(profile)}; }

// SHA-1 and MD5 prove nothing any more (RFC 8122, section 5).
bool is_strong(const DtlsParameters& dtls) {
  return (dtls.hash == "sha-256" && dtls.fingerprint.size() == 32) ||
         (dtls.hash == "sha-384" && dtls.fingerprint.size() == 48) ||
         (dtls.hash == "sha-512" && dtls.fingerprint.size() == 64);
}

// A private address that a peer describes whose signalling comes from the outside: a translator is
// between, and only the peer can open it.
bool is_behind_translator(const model::TransportDescription& transport,
                          const SocketAddress& signalling) {
  const auto described = SocketAddress::from(transport.rtp);
  return described && described->is_private() && signalling && !signalling.is_private();
}

}  // namespace

base::Error incompatible(std::string message) {
  return {base::Code::failed_precondition, "INCOMPATIBLE_MEDIA", std::move(message), {}};
}

base::Error encryption_required(std::string message) {
  return {base::Code::failed_precondition, "ENCRYPTION_REQUIRED", std::move(message), {}};
}

SdesKey to_line(uint32_t tag, const srtp::KeyParams& params) {
  SdesKey line;
  line.tag = tag;
  line.suite = srtp::suite_name(params.key.profile());
  line.key_params = srtp::print_key_params(params);
  return line;
}

DtlsParameters::Setup setup_of(DtlsPlan::Role role) {
  return role == DtlsPlan::Role::active ? DtlsParameters::Setup::active
                                        : DtlsParameters::Setup::passive;
}

bool Negotiator::only_zrtp_is_safe() const {
  return policy_.encryption == Encryption::required && !policy_.signalling_protected;
}

Result<void> Negotiator::check_policy(const Selection& selection, bool secure_profile) const {
  const bool secure = selection.is_secure();
  const bool demanded = policy_.encryption == Encryption::required || secure_profile;
  if (selection.same_end && demanded && (!secure || only_zrtp_is_safe()))
    return fail(encryption_required(
        "both ends are accounts of this daemon, between which there is no ZRTP, and other keys "
        "would be readable in the signalling; use TLS for both, or set encryption=preferred"));
  if (policy_.encryption == Encryption::required && !secure)
    return fail(encryption_required(
        "the other side offers no encryption that we know; set encryption=preferred to talk in "
        "clear"));
  if (only_zrtp_is_safe() && !selection.zrtp)
    return fail(
        encryption_required("the keys would be readable in the signalling, or could be replaced "
                            "there; use TLS, or set encryption=preferred"));
  if (secure_profile && !secure)
    return fail(incompatible(
        policy_.encryption == Encryption::off
            ? "the other side insists on encryption, which this account has off"
            : "the other side insists on encryption, but offers no key exchange that we know"));
  return {};
}

std::optional<Negotiator::PeerKey> Negotiator::first_usable_key(
    const std::vector<SdesKey>& lines) const {
  if (policy_.encryption == Encryption::off) return std::nullopt;
  const size_t count = std::min(lines.size(), max_key_lines);
  for (size_t i = 0; i < count; ++i) {
    const SdesKey& line = lines[i];
    const auto profile = srtp::profile_of_suite(line.suite);
    if (!profile || !understands_session_params(line.session_params)) continue;
    if (std::find(policy_.suites.begin(), policy_.suites.end(), *profile) == policy_.suites.end())
      continue;
    auto params = srtp::parse_key_params(*profile, line.key_params.reveal());
    if (params) return PeerKey{line.tag, *params};
  }
  return std::nullopt;
}

// RFC 5763, section 5, and RFC 8842: who may choose becomes active, so that the first hello goes
// with the answer, unless it would be lost; what is in use stays.
std::optional<DtlsPlan> Negotiator::usable_dtls(const model::TransportDescription& transport,
                                                Choice choice) const {
  using Setup = DtlsParameters::Setup;
  using Role = DtlsPlan::Role;
  if (policy_.encryption == Encryption::off || policy_.fingerprint.empty()) return std::nullopt;
  if (!transport.dtls || !is_strong(*transport.dtls)) return std::nullopt;
  DtlsPlan plan;
  plan.hash = transport.dtls->hash;
  plan.fingerprint = transport.dtls->fingerprint;
  switch (transport.dtls->setup) {
    case Setup::active:
      plan.role = Role::passive;
      return plan;
    case Setup::passive:
      plan.role = Role::active;
      return plan;
    case Setup::actpass:
      // An answer that leaves it open is one without the attribute: active, by RFC 4145.
      plan.role = choice == Choice::theirs || is_behind_translator(transport, policy_.signalling)
                      ? Role::passive
                      : Role::active;
      if (agreed_.dtls && agreed_.dtls->fingerprint == plan.fingerprint)
        plan.role = agreed_.dtls->role;
      return plan;
    case Setup::holdconn:
      break;
  }
  return std::nullopt;
}

// All that a daemon says in ZRTP it says by one name, and two of one name agree on nothing (RFC
// 6189, section 5.9, error 0x90).
bool Negotiator::is_same_end(const model::TransportDescription& transport) const {
  if (policy_.encryption == Encryption::off || !policy_.zrtp || !policy_.is_same_end) return false;
  const auto hash = zrtp::read_signalled_hash(transport.zrtp_hash);
  return hash && policy_.is_same_end(*hash);
}

// The one who answers begins: the other end has been waiting for that.
std::optional<ZrtpPlan> Negotiator::usable_zrtp(const model::TransportDescription& transport,
                                                Choice choice) const {
  using Manner = zrtp::ZrtpOptions::Manner;
  if (policy_.encryption == Encryption::off || !policy_.zrtp) return std::nullopt;
  // An answer with other keys means those, whatever it says besides.
  const bool others = transport.dtls || !transport.sdes.empty();
  if (choice == Choice::theirs && others) return std::nullopt;
  const auto hash = zrtp::read_signalled_hash(transport.zrtp_hash);
  if (!hash) return std::nullopt;
  return ZrtpPlan{choice == Choice::ours ? Manner::prompt : Manner::patient, *hash, policy_.zrtp};
}

// What protects a running call changes only when it has to.
void Negotiator::choose_keys(const model::TransportDescription& transport, Choice choice,
                             Selection& selection) const {
  selection.key = first_usable_key(transport.sdes);
  const bool keeps_key = agreed_.established && agreed_.peer_key && selection.key;
  if (!keeps_key) selection.dtls = usable_dtls(transport, choice);
  const bool keeps_dtls = agreed_.established && agreed_.dtls && selection.dtls;
  selection.same_end = is_same_end(transport);
  if (!keeps_key && !keeps_dtls && !selection.same_end)
    selection.zrtp = usable_zrtp(transport, choice);
  if (selection.zrtp) selection.dtls.reset();
  if (selection.dtls || selection.zrtp) selection.key.reset();
}

bool Negotiator::offers_zrtp() const {
  if (policy_.encryption == Encryption::off || !policy_.zrtp) return false;
  return !agreed_.established || agreed_.zrtp;
}

bool Negotiator::offers_dtls() const {
  if (only_zrtp_is_safe()) return false;
  if (policy_.encryption == Encryption::off || policy_.fingerprint.empty()) return false;
  return !agreed_.established || agreed_.dtls;
}

DtlsParameters Negotiator::own_dtls(DtlsParameters::Setup setup) const {
  DtlsParameters dtls;
  dtls.hash = "sha-256";
  dtls.fingerprint = policy_.fingerprint;
  dtls.setup = setup;
  return dtls;
}

std::vector<Negotiator::OwnKey> Negotiator::keys_to_offer() const {
  if (policy_.encryption == Encryption::off || only_zrtp_is_safe()) return {};
  if (agreed_.established && (agreed_.dtls || agreed_.zrtp)) return {};
  if (policy_.one_key_agreement && offers_dtls()) return {};
  // A peer that had no encryption is not asked again in the middle of a call: what
  // protects it would change without anybody having asked for that.
  if (agreed_.established && !agreed_.keyed) return {};
  std::vector<OwnKey> keys = agreed_.keys;
  uint32_t tag = 0;
  for (const OwnKey& key : keys) tag = std::max(tag, key.tag);
  for (const srtp::SrtpProfile profile : policy_.suites) {
    const bool present = std::any_of(keys.begin(), keys.end(), [&](const OwnKey& key) {
      return key.params.key.profile() == profile;
    });
    if (!present) keys.push_back({++tag, fresh_key(profile)});
  }
  return keys;
}

Negotiator::OwnKey Negotiator::key_for_answer(const PeerKey& peer) const {
  // The same keys as before: SRTP's counters go on. A new key of the peer means a
  // new context, and that never starts again under an old key (RFC 3711, 9.1).
  const bool unchanged = !agreed_.keys.empty() && agreed_.peer_key &&
                         agreed_.keys.front().params.key.profile() == peer.params.key.profile() &&
                         agreed_.peer_key->key == peer.params.key;
  if (unchanged) return {peer.tag, agreed_.keys.front().params};
  return {peer.tag, fresh_key(peer.params.key.profile())};
}

// Of several branches it is not known yet which one stays.
Result<void> Negotiator::take_answered_keys(const Selection& selection, Agreed& next,
                                            MediaPlan& plan) const {
  next.keyed = selection.is_secure() || (forking_ && next.keyed);
  next.dtls.reset();
  next.zrtp.reset();
  next.peer_key.reset();
  if (selection.zrtp) {
    if (offered_audio_->transport.zrtp_hash.empty())
      return fail(incompatible("the other side answered with ZRTP, which was not offered"));
    plan.zrtp = next.zrtp = selection.zrtp;
    return {};
  }
  if (selection.dtls) {
    if (!offered_audio_->transport.dtls)
      return fail(incompatible("the other side answered with DTLS-SRTP, which was not offered"));
    plan.dtls = next.dtls = selection.dtls;
    return {};
  }
  // Without a key the list stays for the other branches of a forked call.
  if (!selection.key) return {};
  const auto ours = std::find_if(next.keys.begin(), next.keys.end(),
                                 [&](const OwnKey& key) { return key.tag == selection.key->tag; });
  if (ours == next.keys.end() || ours->params.key.profile() != selection.key->params.key.profile())
    return fail(incompatible("the other side answered with a key that we did not offer"));
  plan.keys = SdesKeys{ours->params, selection.key->params};
  std::rotate(next.keys.begin(), ours, ours + 1);
  next.peer_key = selection.key->params;
  return {};
}

}  // namespace commd::engine
