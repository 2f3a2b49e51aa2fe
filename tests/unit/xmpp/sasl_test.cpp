#include "daemon/xmpp/sasl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/xmpp/namespaces.h"
#include "daemon/xmpp/sasl_failure.h"
#include "tests/unit/xmpp/scram_server.h"

namespace commd::xmpp {
namespace {

using test::ScramServer;
using testing::HasSubstr;
using testing::Not;

const ChannelBinding kExporter{BindingType::tls_exporter, "exported"};
const ChannelBinding kUnique{BindingType::tls_unique, "finished"};
const ChannelBinding kEndPoint{BindingType::tls_server_end_point, "certificate"};
const std::vector<std::string> kAll = {"PLAIN",         "SCRAM-SHA-1",        "SCRAM-SHA-256",
                                       "SCRAM-SHA-512", "SCRAM-SHA-512-PLUS", "SCRAM-SHA-1-PLUS",
                                       "EXTERNAL",      "X-OAUTH2",           "DIGEST-MD5"};

SaslCredentials credentials() {
  SaslCredentials mine;
  mine.username = "user";
  mine.password = base::Secret("pencil");
  return mine;
}

// The mechanism taken, or the reason why none is.
std::string choice(const SaslOffer& offer, const ChannelBindings& bindings = {},
                   const SaslPins& pins = {}, SaslCredentials mine = credentials()) {
  const auto begun = SaslNegotiation::begin(offer, bindings, pins, std::move(mine));
  return begun ? begun->mechanism() : begun.error().reason;
}

// ---- which one -----------------------------------------------------------------------

TEST(SaslChoice, StrongestFirst) {
  EXPECT_EQ(choice({{"PLAIN", "SCRAM-SHA-1"}}), "SCRAM-SHA-1");
  EXPECT_EQ(choice({{"SCRAM-SHA-1", "SCRAM-SHA-256"}}), "SCRAM-SHA-256");
  EXPECT_EQ(choice({kAll}), "SCRAM-SHA-512");
  EXPECT_EQ(choice({{"PLAIN"}}), "PLAIN");
  EXPECT_EQ(choice({{"DIGEST-MD5", "ANONYMOUS"}}), "SASL_NO_MECHANISM");
  EXPECT_EQ(choice({{}}), "SASL_NO_MECHANISM");
  EXPECT_EQ(choice({{"scram-sha-256"}}), "SASL_NO_MECHANISM") << "names are upper case";
}

TEST(SaslChoice, ChannelBindingWhereBothEndsHaveIt) {
  EXPECT_EQ(choice({kAll}, {kExporter}), "SCRAM-SHA-512-PLUS");
  EXPECT_EQ(choice({kAll}, {kUnique}), "SCRAM-SHA-512-PLUS");
  EXPECT_EQ(choice({kAll}, {kEndPoint}), "SCRAM-SHA-512") << "not said by the server: too risky";
  EXPECT_EQ(choice({kAll, {"tls-server-end-point"}}, {kEndPoint}), "SCRAM-SHA-512-PLUS");
  EXPECT_EQ(choice({kAll, {"tls-unique"}}, {kExporter, kEndPoint}), "SCRAM-SHA-512");
  EXPECT_EQ(choice({{"SCRAM-SHA-256", "SCRAM-SHA-1-PLUS"}}, {kExporter}), "SCRAM-SHA-1-PLUS")
      << "bound beats a longer digest";
  EXPECT_EQ(choice({{"SCRAM-SHA-1-PLUS"}}), "SASL_NO_MECHANISM");
}

// RFC 9266 gives TLS 1.2 an exporter, too, but servers that do not say so have tls-unique.
TEST(SaslChoice, AServerThatSaysNothingHasWhatIsCustomaryForTheVersionOfTls) {
  const ChannelBinding unique{BindingType::tls_unique, "finished"};
  const auto bound = [](const SaslOffer& offer, const ChannelBindings& bindings) {
    const auto begun = SaslNegotiation::begin(offer, bindings, {}, credentials());
    const auto first = base64_decode(begun->initial_response().reveal()).value_or("");
    return first.substr(0, first.find(','));
  };
  EXPECT_EQ(bound({kAll}, {kExporter, unique, kEndPoint}), "p=tls-unique");
  EXPECT_EQ(bound({kAll}, {kExporter, kEndPoint}), "p=tls-exporter");
  EXPECT_EQ(bound({kAll, {"tls-exporter"}}, {kExporter, unique}), "p=tls-exporter");
}

std::string first_message(const SaslOffer& offer, const ChannelBindings& bindings) {
  const auto begun = SaslNegotiation::begin(offer, bindings, {}, credentials());
  return begun ? base64_decode(begun->initial_response().reveal()).value_or("") : "";
}

TEST(SaslChoice, TheHeaderTellsWhatThisEndCouldHaveDone) {
  EXPECT_THAT(first_message({{"SCRAM-SHA-1"}}, {}), testing::StartsWith("n,,n=user,r="));
  EXPECT_THAT(first_message({{"SCRAM-SHA-1"}}, {kExporter}), testing::StartsWith("y,,"));
  EXPECT_THAT(first_message({kAll, {"tls-unique"}}, {kExporter}), testing::StartsWith("n,,"))
      << "a server that offers it would refuse 'y'";
  EXPECT_THAT(
      first_message({kAll, {"tls-server-end-point", "tls-exporter"}}, {kEndPoint, kExporter}),
      testing::StartsWith("p=tls-exporter,,"));
}

TEST(SaslChoice, External) {
  SaslCredentials mine = credentials();
  mine.certificate = ClientCertificate::shown;
  EXPECT_EQ(choice({kAll}, {}, {}, mine), "EXTERNAL");
  mine.password = {};
  EXPECT_EQ(choice({kAll}, {}, {}, mine), "EXTERNAL");
  EXPECT_EQ(choice({{"SCRAM-SHA-1"}}, {}, {}, mine), "PASSWORD_MISSING");
  const auto begun = SaslNegotiation::begin({kAll}, {}, {}, mine);
  EXPECT_EQ(begun->initial_response().reveal(), "=");
}

TEST(SaslChoice, PinsForbidLess) {
  const SaslPins scram{.scram = true}, plus{.scram = true, .plus = true}, plain{.plain = true};
  EXPECT_EQ(choice({{"PLAIN"}}, {}, scram), "SASL_DOWNGRADE");
  EXPECT_EQ(choice({{"PLAIN"}}, {}, plus), "SASL_DOWNGRADE");
  EXPECT_EQ(choice({{"PLAIN"}}, {}, plain), "PLAIN");
  EXPECT_EQ(choice({{"PLAIN", "SCRAM-SHA-1"}}, {}, plain), "SCRAM-SHA-1");
  EXPECT_EQ(choice({{"PLAIN", "SCRAM-SHA-1"}}, {kExporter}, plus), "SASL_DOWNGRADE");
  EXPECT_EQ(choice({kAll}, {}, plus), "SASL_DOWNGRADE") << "this end has lost its binding";
  EXPECT_EQ(choice({kAll, {"tls-exporter"}}, {kEndPoint}, plus), "SASL_DOWNGRADE");
  EXPECT_EQ(choice({kAll}, {kExporter}, plus), "SCRAM-SHA-512-PLUS");
}

TEST(SaslChoice, PlainMayBeForbidden) {
  SaslCredentials mine = credentials();
  mine.plain = PlainPolicy::never;
  EXPECT_EQ(choice({{"PLAIN"}}, {}, {}, mine), "SASL_NO_MECHANISM");
}

TEST(SaslChoice, WordsListTheOfferSafely) {
  const auto begun = SaslNegotiation::begin({{"X-\x1b[2J", "CRAM-MD5"}}, {}, {}, credentials());
  ASSERT_FALSE(begun);
  EXPECT_THAT(begun.error().message, HasSubstr("CRAM-MD5"));
  EXPECT_THAT(begun.error().message, Not(HasSubstr("\x1b")));
}

// ---- whole negotiations ----------------------------------------------------------------

// Runs one against an honest server; gives the reason of the failure, or "".
std::string run(SaslNegotiation& sasl, ScramServer& server) {
  auto step = sasl.challenged(server.first(sasl.initial_response().reveal()));
  if (!step) return step.error().reason;
  std::string response;
  if (auto* derive = std::get_if<SaslDerive>(&*step))
    response = sasl.answer(derive_scram_keys(derive->challenge, derive->password)).text;
  else
    response = std::get<SaslRespond>(*step).text;
  const auto done = sasl.succeeded(server.final(response));
  return done ? "" : done.error().reason;
}

TEST(Sasl, LogsInAndPins) {
  for (const auto& [name, hash] :
       {std::pair{"SCRAM-SHA-1", Hash::sha1}, std::pair{"SCRAM-SHA-256", Hash::sha256},
        std::pair{"SCRAM-SHA-512", Hash::sha512}}) {
    ScramServer server({.hash = hash});
    auto sasl = *SaslNegotiation::begin({{name}}, {}, {}, credentials());
    EXPECT_EQ(run(sasl, server), "") << name;
    EXPECT_EQ(server.user(), "user");
    EXPECT_EQ(sasl.pins(), (SaslPins{.scram = true}));
    EXPECT_FALSE(sasl.disclosed_password());
  }
}

TEST(Sasl, BoundToTheConnection) {
  ScramServer server({.hash = Hash::sha512, .binding_data = "exported"});
  auto sasl = *SaslNegotiation::begin({kAll}, {kExporter}, {}, credentials());
  EXPECT_EQ(run(sasl, server), "");
  EXPECT_EQ(sasl.pins(), (SaslPins{.scram = true, .plus = true}));

  ScramServer relayed({.hash = Hash::sha512, .binding_data = "another connection"});
  auto caught = *SaslNegotiation::begin({kAll}, {kExporter}, {}, credentials());
  EXPECT_EQ(run(caught, relayed), "CHANNEL_BINDING_MISMATCH");
  EXPECT_EQ(caught.pins(), SaslPins{});
}

TEST(Sasl, WrongPassword) {
  ScramServer server({.password = "other"});
  auto sasl = *SaslNegotiation::begin({{"SCRAM-SHA-256"}}, {}, {}, credentials());
  EXPECT_EQ(run(sasl, server), "WRONG_PASSWORD");
}

TEST(Sasl, KeysAreUsedAgainWithTheSameSaltOnly) {
  ScramServer server;
  auto first = *SaslNegotiation::begin({{"SCRAM-SHA-256"}}, {}, {}, credentials());
  ASSERT_EQ(run(first, server), "");
  SaslCredentials mine = credentials();
  mine.cached = first.keys();
  ASSERT_TRUE(mine.cached);

  auto second = *SaslNegotiation::begin({{"SCRAM-SHA-256"}}, {}, {}, mine);
  const auto step = second.challenged(server.first(second.initial_response().reveal()));
  ASSERT_TRUE(step);
  ASSERT_TRUE(std::holds_alternative<SaslRespond>(*step)) << "nothing expensive";
  EXPECT_TRUE(second.succeeded(server.final(std::get<SaslRespond>(*step).text)));

  server.settings.salt = "newsalt";
  auto third = *SaslNegotiation::begin({{"SCRAM-SHA-256"}}, {}, {}, mine);
  const auto anew = third.challenged(server.first(third.initial_response().reveal()));
  ASSERT_TRUE(anew);
  EXPECT_TRUE(std::holds_alternative<SaslDerive>(*anew));
  EXPECT_EQ(third.answer(*mine.cached).text, "") << "keys of another challenge";
}

TEST(Sasl, TheSignatureMayComeAsAChallenge) {
  ScramServer server;
  auto sasl = *SaslNegotiation::begin({{"SCRAM-SHA-256"}}, {}, {}, credentials());
  auto step = sasl.challenged(server.first(sasl.initial_response().reveal()));
  auto& derive = std::get<SaslDerive>(*step);
  const auto response = sasl.answer(derive_scram_keys(derive.challenge, derive.password));
  step = sasl.challenged(server.final(response.text));
  ASSERT_TRUE(step) << step.error().message;
  EXPECT_EQ(std::get<SaslRespond>(*step).text, "");
  EXPECT_TRUE(sasl.succeeded(""));
}

TEST(Sasl, SuccessMustBeEarned) {
  ScramServer server;
  auto sasl = *SaslNegotiation::begin({{"SCRAM-SHA-256"}}, {}, {}, credentials());
  EXPECT_EQ(sasl.succeeded("").error().reason, "SERVER_NOT_AUTHENTIC") << "before the challenge";
  auto step = sasl.challenged(server.first(sasl.initial_response().reveal()));
  EXPECT_EQ(sasl.succeeded(base64_encode("v=AAAA")).error().reason, "SERVER_NOT_AUTHENTIC")
      << "before the answer";
  auto& derive = std::get<SaslDerive>(*step);
  sasl.answer(derive_scram_keys(derive.challenge, derive.password));
  EXPECT_FALSE(sasl.succeeded("")) << "without a signature";
  EXPECT_FALSE(sasl.succeeded("="));
  EXPECT_FALSE(sasl.succeeded("!"));
  EXPECT_EQ(sasl.pins(), SaslPins{});
}

TEST(Sasl, RulesOfTheConversation) {
  auto plain = *SaslNegotiation::begin({{"PLAIN"}}, {}, {}, credentials());
  EXPECT_EQ(plain.challenged("").error().reason, "SASL_UNEXPECTED");
  ScramServer server;
  auto sasl = *SaslNegotiation::begin({{"SCRAM-SHA-256"}}, {}, {}, credentials());
  EXPECT_EQ(sasl.challenged("!").error().reason, "SASL_UNEXPECTED");
  EXPECT_EQ(sasl.challenged(std::string(70000, 'A')).error().reason, "SASL_UNEXPECTED");
  ASSERT_TRUE(sasl.challenged(server.first(sasl.initial_response().reveal())));
  EXPECT_EQ(sasl.challenged(server.first(sasl.initial_response().reveal())).error().reason,
            "SASL_UNEXPECTED")
      << "a second first";
}

TEST(Sasl, PlainOfRfc4616) {
  auto sasl = *SaslNegotiation::begin({{"PLAIN"}}, {}, {}, credentials());
  EXPECT_EQ(base64_decode(sasl.initial_response().reveal()), std::string("\0user\0pencil", 12));
  EXPECT_TRUE(sasl.disclosed_password());
  EXPECT_TRUE(sasl.succeeded(""));
  EXPECT_EQ(sasl.pins(), (SaslPins{.plain = true}));
  EXPECT_FALSE(sasl.succeeded(""));
}

// ---- XEP-0474 --------------------------------------------------------------------------

TEST(Sasl, DigestOfOffers) {
  // base64(sha1("SCRAM-SHA-1" 1e "SCRAM-SHA-1-PLUS" 1f "tls-exporter" 1e
  // "tls-server-end-point")), by Python's hashlib.
  const SaslOffer offer{{"SCRAM-SHA-1-PLUS", "SCRAM-SHA-1"},
                        {"tls-server-end-point", "tls-exporter"}};
  EXPECT_EQ(offers_digest(Hash::sha1, offer), "G6k/rBLDqgOhRRaCuuatSDFkJ08=");
}

TEST(Sasl, CutOffersAreFoundOut) {
  const auto outcome = [](const SaslOffer& seen, const SaslOffer& sent) {
    auto sasl = *SaslNegotiation::begin(seen, {}, {}, credentials());
    ScramServer server;
    const std::string first = *base64_decode(server.first(sasl.initial_response().reveal()));
    const auto step =
        sasl.challenged(base64_encode(first + ",h=" + offers_digest(Hash::sha256, sent)));
    return step ? "" : step.error().reason;
  };
  EXPECT_EQ(outcome({{"SCRAM-SHA-256", "PLAIN"}}, {{"PLAIN", "SCRAM-SHA-256"}}), "");
  EXPECT_EQ(outcome({{"SCRAM-SHA-256"}}, {{"SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"}}),
            "SASL_DOWNGRADE");
  EXPECT_EQ(outcome({{"SCRAM-SHA-256"}}, {{"SCRAM-SHA-256"}, {"tls-exporter"}}), "SASL_DOWNGRADE");
}

// ---- failures ----------------------------------------------------------------------------

base::Error failure(const char* condition, const char* text = "") {
  const Stanza element("failure", ns::kSasl);
  if (*condition != '\0') element.add(condition, ns::kSasl);
  if (*text != '\0') element.add_with_text("text", text, ns::kSasl);
  return sasl_failure(element);
}

TEST(SaslFailure, ConditionsHaveReasons) {
  EXPECT_EQ(failure("not-authorized").reason, "WRONG_PASSWORD");
  EXPECT_EQ(failure("account-disabled").reason, "ACCOUNT_DISABLED");
  EXPECT_EQ(failure("credentials-expired").reason, "PASSWORD_EXPIRED");
  EXPECT_EQ(failure("temporary-auth-failure").reason, "AUTH_TEMPORARY_FAILURE");
  EXPECT_EQ(failure("temporary-auth-failure").code, base::Code::unavailable);
  EXPECT_EQ(failure("something-new").reason, "AUTH_REFUSED");
  EXPECT_EQ(failure("").reason, "AUTH_REFUSED");
  EXPECT_THAT(failure("not-authorized", "too\x1b[1m many").message, HasSubstr("many"));
  EXPECT_THAT(failure("not-authorized", "too\x1b[1m many").message, Not(HasSubstr("\x1b")));
}

TEST(Component, HandshakeOfXep0114) {
  EXPECT_EQ(component_handshake("3BF96D32", base::Secret("secret")),
            "b09ea9b3b7f586be8a08d0a3dd7466f110aeb136");
}

}  // namespace
}  // namespace commd::xmpp
