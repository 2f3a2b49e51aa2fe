#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/sip/digest_client.h"

namespace commd::sip {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

DigestChallenge parsed(std::string_view value) {
  const auto challenge = parse_challenge(value);
  EXPECT_TRUE(challenge) << value;
  return challenge ? *challenge : DigestChallenge{};
}

std::string response_of(const std::string& header) {
  const size_t at = header.find("response=\"");
  return at == std::string::npos ? "" : header.substr(at + 10, header.find('"', at + 10) - at - 10);
}

// ---- RFC 7616 section 3.9 ----------------------------------------------------

constexpr const char* kExample =
    R"(Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=%A,
       nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
       opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS")";

std::string example(const std::string& algorithm) {
  std::string text = kExample;
  return text.replace(text.find("%A"), 2, algorithm);
}

DigestInput mufasa() {
  return {"Mufasa",
          "Circle of Life",
          "GET",
          "/dir/index.html",
          "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
          1};
}

TEST(Digest, Rfc7616Md5) {
  const std::string header = digest_answer(parsed(example("MD5")), mufasa());
  EXPECT_EQ(response_of(header), "8ca523f5e9506fed4657c9700eebdbec");
  EXPECT_THAT(header, HasSubstr("username=\"Mufasa\", realm=\"http-auth@example.org\""));
  EXPECT_THAT(header, HasSubstr("uri=\"/dir/index.html\""));
  EXPECT_THAT(header, HasSubstr("algorithm=MD5"));
  EXPECT_THAT(header, HasSubstr("qop=auth, nc=00000001"));
  EXPECT_THAT(header, HasSubstr("opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""));
}

TEST(Digest, Rfc7616Sha256) {
  EXPECT_EQ(response_of(digest_answer(parsed(example("SHA-256")), mufasa())),
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
}

// Section 3.9.2 as erratum 4897 corrects it.
TEST(Digest, Rfc7616Sha512256WithUserhash) {
  DigestChallenge challenge = parsed(
      R"(Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256,
         nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK",
         opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", charset=UTF-8, userhash=true)");
  const std::string header =
      digest_answer(challenge, {"J\u00e4s\u00f8n Doe", "Secret, or not?", "GET", "/doe.json",
                                "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v", 1});
  EXPECT_THAT(
      header,
      HasSubstr("username=\"793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b\""));
  EXPECT_EQ(response_of(header),
            "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5");
  EXPECT_THAT(header, HasSubstr("userhash=true"));
}

// The challenge of RFC 2617 section 3.5 without its qop (as RFC 2069), computed apart.
TEST(Digest, WithoutQop) {
  const std::string header = digest_answer(
      parsed(R"(Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093")"),
      {"Mufasa", "Circle Of Life", "GET", "/dir/index.html", "unused", 7});
  EXPECT_EQ(response_of(header), "670fd8c2df070c60b045671b8b24ff02");
  EXPECT_THAT(header, Not(HasSubstr("qop")));
  EXPECT_THAT(header, Not(HasSubstr("cnonce")));
  EXPECT_THAT(header, Not(HasSubstr("algorithm")));
}

TEST(Digest, SessionVariantsHashTheNoncesIn) {
  const std::string md5 = digest_answer(parsed(example("MD5-sess")), mufasa());
  const std::string sha = digest_answer(parsed(example("SHA-256-sess")), mufasa());
  // A1 = H(H(user:realm:password):nonce:cnonce), computed apart.
  EXPECT_EQ(response_of(md5), "e783283f46242139c486a698fec7211d");
  EXPECT_EQ(response_of(sha), "2fd51b3a77ad75bad6afad6003e818d767133c46d9e2749e7f5232ae1ea3efd7");
  EXPECT_THAT(md5, HasSubstr("algorithm=MD5-sess"));
}

TEST(Digest, QuotesWhatItSends) {
  const std::string header =
      digest_answer(parsed(R"(Digest realm="a \"b\" \\c", nonce="n")"),
                    {"us\"er\\\r\nX-Evil: 1", "p", "REGISTER", "sip:a", "c", 1});
  EXPECT_THAT(header, HasSubstr(R"(realm="a \"b\" \\c")"));
  EXPECT_THAT(header, HasSubstr(R"(username="us\"er\\X-Evil: 1")"));
  EXPECT_EQ(header.find_first_of("\r\n"), std::string::npos);
}

// ---- parsing -----------------------------------------------------------------

TEST(DigestChallenge, TakesWhatServersWrite) {
  const DigestChallenge plain = parsed("digest REALM=\"r\",NONCE=\"n\"");
  EXPECT_EQ(plain.realm, "r");
  EXPECT_EQ(plain.algorithm, DigestAlgorithm::md5);
  EXPECT_FALSE(plain.algorithm_named);
  EXPECT_FALSE(plain.qop_auth);
  EXPECT_FALSE(plain.opaque);
  const DigestChallenge full = parsed(
      "Digest  realm = \"r\" , nonce=\"\",opaque=\"\",\r\n stale=TRUE, algorithm=\"sha-256\", "
      "qop=auth, domain=\"sip:a sip:b\", x-other=1");
  EXPECT_EQ(full.algorithm, DigestAlgorithm::sha_256);
  EXPECT_TRUE(full.qop_auth);
  EXPECT_EQ(full.stale, Stale::yes);
  EXPECT_EQ(full.opaque, "");
  EXPECT_TRUE(parsed("Digest realm=\"r\", nonce=\"n\", qop=\"auth-int , AUTH\"").qop_auth);
}

TEST(DigestChallenge, RefusesWhatIsMalformed) {
  for (const char* text :
       {"", " ", "Digest", "Digest ", "Digest realm", "Digest realm=", "Digest realm=\"r\"",
        "Digest nonce=\"n\"", "Digest realm=\"r\", nonce=\"n", "Digest realm=\"r\" nonce=\"n\"",
        "Digest realm=\"r\", nonce=\"n\",", "Digest realm=\"r\", nonce=\"n\", =",
        "Digest realm=\"r\", realm=\"s\", nonce=\"n\"", "Digest realm=\"r\\", "Digest ,,,",
        "Digest realm=\"a\001b\", nonce=\"n\"", "Digest realm=\"a\r\nb\", nonce=\"n\""}) {
    const auto challenge = parse_challenge(text);
    ASSERT_FALSE(challenge) << text;
    EXPECT_EQ(challenge.error().reason, "CHALLENGE_MALFORMED") << text;
  }
  std::string many = "Digest realm=\"r\", nonce=\"n\"";
  for (int i = 0; i < 100; ++i) many += ", a=b";
  EXPECT_FALSE(parse_challenge(many));
  EXPECT_FALSE(parse_challenge("Digest realm=\"" + std::string(9000, 'r') + "\", nonce=\"n\""));
}

TEST(DigestChallenge, SaysWhatItDoesNotSpeak) {
  for (const char* text : {"Basic realm=\"r\"", "Digest realm=\"r\", nonce=\"n\", algorithm=SHA-1",
                           "Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\""}) {
    const auto challenge = parse_challenge(text);
    ASSERT_FALSE(challenge) << text;
    EXPECT_EQ(challenge.error().reason, "CHALLENGE_UNSUPPORTED") << text;
  }
}

// ---- the client --------------------------------------------------------------

ChallengeHeader www(const std::string& more, const std::string& realm = "lab.test") {
  return {ChallengeKind::server, "Digest realm=\"" + realm + "\", qop=\"auth\", " + more};
}
ChallengeHeader proxy(const std::string& more, const std::string& realm = "lab.test") {
  return {ChallengeKind::proxy, "Digest realm=\"" + realm + "\", qop=\"auth\", " + more};
}

class DigestClientTest : public testing::Test {
 protected:
  DigestClient make(std::set<std::string> pinned = {}, std::set<std::string> strong = {}) {
    return DigestClient("u", base::Secret("pw"), DigestPolicy({"example.org"}, std::move(pinned)),
                        std::move(strong));
  }
  static DigestAttempt to_registrar() { return {RequestPath::registrar}; }
  static DigestAttempt to_proxy() { return {RequestPath::own_proxy}; }
};

TEST_F(DigestClientTest, ChoosesTheStrongest) {
  DigestClient client = make();
  DigestAttempt attempt = to_registrar();
  EXPECT_TRUE(client.credentials(attempt, "REGISTER", "sip:lab.test").empty());
  EXPECT_EQ(client.challenged(
                attempt, {www("nonce=a, algorithm=MD5"), www("nonce=b, algorithm=SHA-512-256"),
                          www("nonce=c, algorithm=SHA-256"), www("nonce=d, algorithm=FUTURE-1")}),
            DigestVerdict::answer);
  const auto credentials = client.credentials(attempt, "REGISTER", "sip:lab.test");
  ASSERT_EQ(credentials.size(), 1u);
  EXPECT_EQ(credentials[0].kind, ChallengeKind::server);
  EXPECT_THAT(credentials[0].value, HasSubstr("algorithm=SHA-512-256"));
  EXPECT_THAT(credentials[0].value, HasSubstr("nonce=\"b\""));
  EXPECT_THAT(client.strong_realms(), ElementsAre("lab.test"));
}

TEST_F(DigestClientTest, CountsTheUsesOfANonce) {
  DigestClient client = make();
  DigestAttempt attempt = to_registrar();
  ASSERT_EQ(client.challenged(attempt, {www("nonce=a")}), DigestVerdict::answer);
  EXPECT_THAT(client.credentials(attempt, "REGISTER", "sip:x")[0].value, HasSubstr("nc=00000001"));
  EXPECT_THAT(client.credentials(attempt, "REGISTER", "sip:x")[0].value, HasSubstr("nc=00000002"));
  client.accepted(attempt);
  DigestAttempt refresh = to_registrar();
  EXPECT_THAT(client.credentials(refresh, "REGISTER", "sip:x")[0].value, HasSubstr("nc=00000003"));
  ASSERT_EQ(client.challenged(refresh, {www("nonce=b, stale=true")}), DigestVerdict::answer);
  EXPECT_THAT(client.credentials(refresh, "REGISTER", "sip:x")[0].value, HasSubstr("nonce=\"b\""));
}

TEST_F(DigestClientTest, SecondChallengeMeansAWrongPassword) {
  DigestClient client = make();
  DigestAttempt attempt = to_registrar();
  EXPECT_EQ(client.challenged(attempt, {www("nonce=a")}), DigestVerdict::answer);
  EXPECT_EQ(client.challenged(attempt, {www("nonce=b")}), DigestVerdict::wrong_password);
  DigestAttempt other = to_registrar();
  EXPECT_EQ(client.challenged(other, {www("nonce=c")}), DigestVerdict::answer);
}

TEST_F(DigestClientTest, StaleIsNoWrongPasswordButNotForEver) {
  DigestClient client = make();
  DigestAttempt attempt = to_registrar();
  EXPECT_EQ(client.challenged(attempt, {www("nonce=a")}), DigestVerdict::answer);
  int answered = 0;
  while (client.challenged(attempt, {www("nonce=b, stale=true")}) == DigestVerdict::answer)
    ASSERT_LT(++answered, 10);
  EXPECT_EQ(answered, 3);
}

TEST_F(DigestClientTest, NeverGoesBackToMd5) {
  DigestClient client = make();
  DigestAttempt first = to_registrar();
  ASSERT_EQ(
      client.challenged(first, {www("nonce=a, algorithm=MD5"), www("nonce=b, algorithm=SHA-256")}),
      DigestVerdict::answer);
  DigestAttempt second = to_registrar();
  EXPECT_EQ(client.challenged(second, {www("nonce=c, algorithm=MD5")}), DigestVerdict::weaker);

  DigestClient restarted = make({}, {"lab.test"});
  DigestAttempt third = to_registrar();
  EXPECT_EQ(restarted.challenged(third, {www("nonce=d")}), DigestVerdict::weaker);
  EXPECT_TRUE(restarted.credentials(third, "REGISTER", "sip:x").empty());
}

TEST_F(DigestClientTest, PinsTheRealmOfTheRegistrar) {
  DigestClient client = make();
  DigestAttempt first = to_registrar();
  ASSERT_EQ(client.challenged(first, {www("nonce=a")}), DigestVerdict::answer);
  EXPECT_TRUE(client.pinned_realms().empty());  // not before it was right
  client.accepted(first);
  EXPECT_THAT(client.pinned_realms(), ElementsAre("lab.test"));
  DigestAttempt second = to_registrar();
  EXPECT_EQ(client.challenged(second, {www("nonce=b", "evil.test")}), DigestVerdict::not_ours);
  DigestAttempt call = to_proxy();
  EXPECT_EQ(client.challenged(call, {proxy("nonce=c", "evil.test")}), DigestVerdict::not_ours);
  EXPECT_EQ(client.challenged(call, {proxy("nonce=c")}), DigestVerdict::answer);
}

TEST_F(DigestClientTest, ProxyMayUseTheNameOfTheAccountsDomain) {
  DigestClient client = make({"lab.test"});
  DigestAttempt call = to_proxy();
  EXPECT_EQ(client.challenged(call, {proxy("nonce=c", "Example.ORG")}), DigestVerdict::answer);
}

TEST_F(DigestClientTest, NeverAnswersAPeerOrWhoeverIsBehindTheProxy) {
  DigestClient client = make();
  DigestAttempt registration = to_registrar();
  ASSERT_EQ(client.challenged(registration, {www("nonce=a")}), DigestVerdict::answer);
  client.accepted(registration);

  DigestAttempt bye = {RequestPath::direct};
  EXPECT_EQ(client.challenged(bye, {proxy("nonce=evil")}), DigestVerdict::not_ours);
  EXPECT_TRUE(client.credentials(bye, "BYE", "sip:peer").empty());

  DigestAttempt ringing = to_proxy();
  ringing.stage = RequestStage::alerted;
  EXPECT_EQ(client.challenged(ringing, {proxy("nonce=evil")}), DigestVerdict::not_ours);
}

TEST_F(DigestClientTest, AnswersServerAndProxyAtOnce) {
  DigestClient client = make();
  DigestAttempt attempt = to_proxy();
  ASSERT_EQ(client.challenged(attempt, {www("nonce=a"), proxy("nonce=b")}), DigestVerdict::answer);
  const auto credentials = client.credentials(attempt, "INVITE", "sip:bob@lab.test");
  ASSERT_EQ(credentials.size(), 2u);
  EXPECT_EQ(credentials[0].kind, ChallengeKind::server);
  EXPECT_EQ(credentials[1].kind, ChallengeKind::proxy);
}

TEST_F(DigestClientTest, SaysThatThereIsNoPasswordOrNothingItSpeaks) {
  DigestClient none("u", base::Secret(), DigestPolicy({}));
  DigestAttempt attempt = to_registrar();
  EXPECT_EQ(none.challenged(attempt, {www("nonce=a")}), DigestVerdict::no_password);
  DigestClient client = make();
  DigestAttempt other = to_registrar();
  EXPECT_EQ(client.challenged(other, {}), DigestVerdict::unsupported);
  EXPECT_EQ(client.challenged(other, {{ChallengeKind::server, "Basic realm=\"lab.test\""}}),
            DigestVerdict::unsupported);
}

TEST(DigestPolicy, PinsOnlyAFewRealms) {
  DigestPolicy policy({});
  for (int i = 0; i < 20; ++i) policy.pin("realm" + std::to_string(i));
  EXPECT_EQ(policy.pinned().size(), 4u);
}

}  // namespace
}  // namespace commd::sip
