#include "daemon/xmpp/sasl.h"

#include <algorithm>
#include <array>
#include <utility>

#include "daemon/base/escape.h"

namespace commd::xmpp {
namespace {

using base::Code;

struct ScramName {
  Hash hash;
  const char* plus;
  const char* plain;
};
// Strongest first.
constexpr std::array kScram = {
    ScramName{Hash::sha512, "SCRAM-SHA-512-PLUS", "SCRAM-SHA-512"},
    ScramName{Hash::sha256, "SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"},
    ScramName{Hash::sha1, "SCRAM-SHA-1-PLUS", "SCRAM-SHA-1"},
};

constexpr size_t kMaxText = 64 * 1024;  // base64 of any message

bool offers(const std::vector<std::string>& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

bool offers_scram(const SaslOffer& offer) {
  return std::any_of(kScram.begin(), kScram.end(), [&](const ScramName& each) {
    return offers(offer.mechanisms, each.plain) || offers(offer.mechanisms, each.plus);
  });
}

bool offers_plus(const SaslOffer& offer) {
  return std::any_of(kScram.begin(), kScram.end(),
                     [&](const ScramName& each) { return offers(offer.mechanisms, each.plus); });
}

// The best that both ends have. A server that does not say what it has (XEP-0440) has the
// one that goes with its TLS version: tls-exporter from 1.3 on (RFC 9266), tls-unique
// before; never is a mere tls-server-end-point tried on the off chance.
std::optional<ChannelBinding> common_binding(const SaslOffer& offer,
                                             const ChannelBindings& bindings) {
  const bool silent = offer.binding_types.empty();
  // There is one before TLS 1.3 alone; but an exporter there is with both.
  const bool old_tls =
      std::any_of(bindings.begin(), bindings.end(),
                  [](const ChannelBinding& each) { return each.type == BindingType::tls_unique; });
  const BindingType customary = old_tls ? BindingType::tls_unique : BindingType::tls_exporter;
  std::optional<ChannelBinding> best;
  for (const ChannelBinding& each : bindings) {
    const bool usable =
        silent ? each.type == customary : offers(offer.binding_types, to_string(each.type));
    if (usable && !each.data.empty() && (!best || each.type < best->type)) best = each;
  }
  return best;
}

std::string listed(const std::vector<std::string>& names) {
  std::string list;
  for (size_t i = 0; i < names.size() && i < 12; ++i)
    list += (i > 0 ? ", " : "") + base::escape_line(std::string_view(names[i]).substr(0, 40));
  return list.empty() ? "nothing" : list;
}

tl::unexpected<base::Error> fail_with_offer(const char* reason, const std::string& words,
                                            const SaslOffer& offer) {
  base::Error error{Code::failed_precondition,
                    reason,
                    words + " (the server offers " + listed(offer.mechanisms) + ")",
                    {}};
  error.details["offered"] = listed(offer.mechanisms);
  return base::fail(std::move(error));
}

tl::unexpected<base::Error> downgrade(const std::string& before, const SaslOffer& offer) {
  return fail_with_offer(
      "SASL_DOWNGRADE",
      "the server used to offer " + before +
          " and no longer does: somebody may be between. Nothing was disclosed. If the operator "
          "has changed the server, remove the account and add it again",
      offer);
}

tl::unexpected<base::Error> unexpected(const std::string& what) {
  return base::fail(Code::unavailable, "SASL_UNEXPECTED",
                    "the server broke the rules of the login: " + what);
}

}  // namespace

std::string offers_digest(Hash hash, const SaslOffer& offer) {
  const auto joined = [](std::vector<std::string> names) {
    std::sort(names.begin(), names.end());
    std::string text;
    for (size_t i = 0; i < names.size(); ++i) text += (i > 0 ? "\x1e" : "") + names[i];
    return text;
  };
  std::string text = joined(offer.mechanisms);
  if (!offer.binding_types.empty()) text += "\x1f" + joined(offer.binding_types);
  return base64_encode(digest(hash, text));
}

base::Result<SaslNegotiation> SaslNegotiation::begin(const SaslOffer& offer,
                                                     const ChannelBindings& bindings,
                                                     const SaslPins& pins,
                                                     SaslCredentials credentials) {
  if (credentials.certificate == ClientCertificate::shown && offers(offer.mechanisms, "EXTERNAL"))
    return SaslNegotiation("EXTERNAL", std::move(credentials), pins);
  if (credentials.password.empty())
    return fail_with_offer("PASSWORD_MISSING",
                           "the account has no password; set one with "
                           "commctl account set A --password-file -",
                           offer);
  if (offers_scram(offer)) return begin_scram(offer, bindings, pins, std::move(credentials));
  if (pins.plus || pins.scram) return downgrade("SCRAM, which keeps the password secret,", offer);
  if (!offers(offer.mechanisms, "PLAIN"))
    return fail_with_offer("SASL_NO_MECHANISM", "there is no common way to log in", offer);
  if (credentials.plain == PlainPolicy::never)
    return fail_with_offer("SASL_NO_MECHANISM",
                           "the server would have to be told the password, which the account's "
                           "settings forbid",
                           offer);
  return SaslNegotiation("PLAIN", std::move(credentials), pins);
}

base::Result<SaslNegotiation> SaslNegotiation::begin_scram(const SaslOffer& offer,
                                                           const ChannelBindings& bindings,
                                                           const SaslPins& pins,
                                                           SaslCredentials credentials) {
  const std::optional<ChannelBinding> binding =
      offers_plus(offer) ? common_binding(offer, bindings) : std::nullopt;
  if (pins.plus && !binding) return downgrade("channel binding", offer);
  const auto chosen = std::find_if(kScram.begin(), kScram.end(), [&](const ScramName& each) {
    return offers(offer.mechanisms, binding ? each.plus : each.plain);
  });
  if (chosen == kScram.end())
    return fail_with_offer("SASL_NO_MECHANISM",
                           "the server wants the login bound to the connection in a way this "
                           "end does not have",
                           offer);
  ScramBinding use;
  if (binding)
    use = {ScramBinding::Flag::used, *binding};
  else if (!bindings.empty() && !offers_plus(offer))
    use.flag = ScramBinding::Flag::not_offered;
  auto scram = ScramClient::make(chosen->hash, credentials.username, std::move(use));
  if (!scram) return base::fail(scram.error());
  auto prepared = prepare_password(credentials.password);
  if (!prepared) return base::fail(prepared.error());
  credentials.password = std::move(*prepared);
  SaslNegotiation negotiation(binding ? chosen->plus : chosen->plain, std::move(credentials), pins);
  negotiation.scram_ = std::move(*scram);
  negotiation.offers_ = offers_digest(chosen->hash, offer);
  return negotiation;
}

base::Secret SaslNegotiation::initial_response() const {
  if (scram_) return base::Secret(base64_encode(scram_->first()));
  if (mechanism_ == "EXTERNAL") return base::Secret("=");  // acts for whom the certificate names
  // RFC 4616: no authorization identity.
  std::string plain;
  plain.reserve(credentials_.username.size() + credentials_.password.reveal().size() + 2);
  plain += '\0';
  plain += credentials_.username;
  plain += '\0';
  plain += credentials_.password.reveal();
  std::string text = base64_encode(plain);
  base::wipe_memory(plain.data(), plain.size());
  return base::Secret::take(text);
}

base::Result<std::string> SaslNegotiation::decode(std::string_view base64) const {
  if (base64.size() > kMaxText) return unexpected("a message is too long");
  if (base64 == "=") return std::string();  // RFC 6120 section 6.4.2
  std::optional<std::string> bytes = base64_decode(base64);
  if (!bytes) return unexpected("a message is not base64");
  return std::move(*bytes);
}

base::Result<SaslStep> SaslNegotiation::challenged(std::string_view base64) {
  if (!scram_) return unexpected("a challenge that " + mechanism_ + " does not have");
  auto message = decode(base64);
  if (!message) return base::fail(message.error());
  if (stage_ == Stage::answered && !scram_->verified()) {
    // Some send the signature as one more challenge (RFC 6120 section 6.4.5).
    if (auto verified = scram_->verify(*message); !verified) return base::fail(verified.error());
    return SaslStep(SaslRespond{});
  }
  if (stage_ != Stage::begun) return unexpected("a second challenge");
  auto challenge = scram_->challenged(*message, offers_);
  if (!challenge) return base::fail(challenge.error());
  stage_ = Stage::challenged;
  if (credentials_.cached && credentials_.cached->challenge == *challenge)
    return SaslStep(answer(*credentials_.cached));
  return SaslStep(SaslDerive{std::move(*challenge), credentials_.password});
}

SaslRespond SaslNegotiation::answer(ScramKeys keys) {
  // Keys of another challenge would only fail at the server.
  if (stage_ != Stage::challenged || !(scram_->challenge() == keys.challenge)) return {};
  stage_ = Stage::answered;
  keys_ = std::move(keys);
  return {base64_encode(scram_->answer(*keys_))};
}

base::Result<void> SaslNegotiation::succeeded(std::string_view base64) {
  if (stage_ == Stage::done) return unexpected("success was told twice");
  auto message = decode(base64);
  if (!message) return base::fail(message.error());
  if (scram_ && !scram_->verified()) {
    if (stage_ != Stage::answered)
      return base::fail(Code::unauthenticated, "SERVER_NOT_AUTHENTIC",
                        "the server let this end in without asking for the password: it is not "
                        "the account's own. Nothing was disclosed; use another network");
    if (auto verified = scram_->verify(*message); !verified) return verified;
  }
  stage_ = Stage::done;
  if (scram_) {
    pins_.scram = true;
    pins_.plus = pins_.plus || mechanism_.ends_with("-PLUS");
  }
  if (mechanism_ == "PLAIN") pins_.plain = true;
  return {};
}

std::string component_handshake(std::string_view stream_id, const base::Secret& secret) {
  std::string both(stream_id);
  both += secret.reveal();
  std::string hex = to_hex(digest(Hash::sha1, both));
  base::wipe_memory(both.data(), both.size());
  return hex;
}

}  // namespace commd::xmpp
