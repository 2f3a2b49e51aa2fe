#include "daemon/xmpp/scram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

namespace commd::xmpp {
namespace {

using testing::HasSubstr;

// ---- primitives --------------------------------------------------------------------

TEST(Crypto, Base64OfRfc4648) {
  const std::pair<const char*, const char*> pairs[] = {{"", ""},
                                                       {"f", "Zg=="},
                                                       {"fo", "Zm8="},
                                                       {"foo", "Zm9v"},
                                                       {"foob", "Zm9vYg=="},
                                                       {"fooba", "Zm9vYmE="},
                                                       {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, text] : pairs) {
    EXPECT_EQ(base64_encode(plain), text);
    EXPECT_EQ(base64_decode(text), plain);
  }
  std::string all(256, '\0');
  std::iota(all.begin(), all.end(), '\0');
  EXPECT_EQ(base64_decode(base64_encode(all)), all);
}

TEST(Crypto, Base64IsStrict) {
  for (const char* broken :
       {"Z", "Zg", "Zg=", "Zg===", "=", "====", "Z===", "Zg==Zg==", "Zh==", "Zm9=", "Zm 9v",
        "Zm9v\n", "Zm9v====", "Zm_v", "Zg=A", "\xff\xff\xff\xff"})
    EXPECT_FALSE(base64_decode(broken)) << broken;
}

TEST(Crypto, Pbkdf2OfRfc6070) {
  EXPECT_EQ(to_hex(pbkdf2(Hash::sha1, "password", "salt", 4096).reveal()),
            "4b007901b765489abead49d926f721d065a429c1");
  EXPECT_EQ(to_hex(digest(Hash::sha256, "abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(size_of(Hash::sha512), 64U);
}

TEST(Crypto, ComparesBytes) {
  EXPECT_TRUE(same_bytes("abc", "abc"));
  EXPECT_FALSE(same_bytes("abc", "abd"));
  EXPECT_FALSE(same_bytes("abc", "ab"));
  EXPECT_TRUE(same_bytes("", ""));
}

// ---- whole conversations -------------------------------------------------------------

struct Vector {
  Hash hash;
  const char* user;
  const char* password;
  const char* nonce;
  ScramBinding binding;
  const char* client_first;
  const char* server_first;
  const char* client_final;
  const char* server_final;
};

ScramBinding exporter() {
  std::string data(32, '\0');
  std::iota(data.begin(), data.end(), '\0');
  return {ScramBinding::Flag::used, {BindingType::tls_exporter, data}};
}

const std::vector<Vector>& vectors() {
  static const std::vector<Vector> all = {
      // RFC 5802 section 5
      {Hash::sha1,
       "user",
       "pencil",
       "fyko+d2lbbFgONRv9qkxdawL",
       {},
       "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
       "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
       "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
       "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="},
      // RFC 7677 section 3
      {Hash::sha256,
       "user",
       "pencil",
       "rOprNGfwEbeRWgbNEkqO",
       {},
       "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
       "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
       "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
       "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
       "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="},
      // The next two were computed by Python's hashlib and hmac.
      {Hash::sha512,
       "user",
       "pencil",
       "abcdefgh",
       {},
       "n,,n=user,r=abcdefgh",
       "r=abcdefghSERVERPART,s=MDEyMzQ1Njc4OWFiY2RlZg==,i=5000",
       "c=biws,r=abcdefghSERVERPART,p=6WVY2KI1mi3rwnzLPTk9tROt9ZbPC711lN69AlVWYjkmqZDdPFaJM2gAkAD"
       "tBrus3mVO1iOCnCeHfQRV/9ujWQ==",
       "v=99NMTnP8Rdo2G8TU/75ncgyFLMN/"
       "w85b3u1s6OQtuMqE2Pm2NyHsvIhlwocFZm+rEbowizPCCeeoeaeE1bgzZw=="},
      {Hash::sha256, "us,er", "pencil", "abcdefgh", exporter(),
       "p=tls-exporter,,n=us=2Cer,r=abcdefgh", "r=abcdefghSERVERPART,s=c2FsdA==,i=4096",
       "c=cD10bHMtZXhwb3J0ZXIsLAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f,r=abcdefghSERVERPART,"
       "p=hELA0FmBJ1BPkI9QRfZyrwZlDqy2wn+Q1YjQqdFjVXw=",
       "v=DvfzLrM0vVQDVIMEvHdcdkN7bqI07xjJYKh/puXD+M8="},
  };
  return all;
}

TEST(Scram, Vectors) {
  for (const Vector& each : vectors()) {
    auto client = ScramClient::make(each.hash, each.user, each.binding, each.nonce);
    ASSERT_TRUE(client);
    EXPECT_EQ(client->first(), each.client_first);
    const auto challenge = client->challenged(each.server_first);
    ASSERT_TRUE(challenge) << challenge.error().message;
    const auto password = prepare_password(base::Secret(each.password));
    ASSERT_TRUE(password);
    EXPECT_EQ(client->answer(derive_scram_keys(*challenge, *password)), each.client_final);
    EXPECT_FALSE(client->verified());
    EXPECT_TRUE(client->verify(each.server_final));
    EXPECT_TRUE(client->verified());
  }
}

TEST(Scram, FlagsOfTheGs2Header) {
  EXPECT_EQ(ScramClient::make(Hash::sha1, "u", {ScramBinding::Flag::not_offered}, "n")->first(),
            "y,,n=u,r=n");
  EXPECT_EQ(
      ScramClient::make(Hash::sha1, "u",
                        {ScramBinding::Flag::used, {BindingType::tls_server_end_point, "x"}}, "n")
          ->first(),
      "p=tls-server-end-point,,n=u,r=n");
}

TEST(Scram, UserNamesArePreparedAndEscaped) {
  EXPECT_EQ(ScramClient::make(Hash::sha1, "a=,b\xC2\xAD", {}, "n")->first(), "n,,n=a=3D=2Cb,r=n");
  EXPECT_EQ(ScramClient::make(Hash::sha1, "", {}).error().reason, "USERNAME_UNUSABLE");
  EXPECT_EQ(ScramClient::make(Hash::sha1, "\x07", {}).error().reason, "USERNAME_UNUSABLE");
}

TEST(Scram, PasswordsArePrepared) {
  EXPECT_EQ(prepare_password(base::Secret("I\xC2\xADX"))->reveal(), "IX");
  EXPECT_EQ(prepare_password(base::Secret("")).error().reason, "PASSWORD_UNUSABLE");
  EXPECT_EQ(prepare_password(base::Secret("a\x07"
                                          "b"))
                .error()
                .reason,
            "PASSWORD_UNUSABLE");
}

TEST(Scram, NoncesAreFresh) {
  EXPECT_NE(ScramClient::make(Hash::sha1, "u", {})->first(),
            ScramClient::make(Hash::sha1, "u", {})->first());
}

// ---- a hostile server ------------------------------------------------------------------

std::string refusal(const std::string& server_first) {
  const auto challenge =
      ScramClient::make(Hash::sha256, "user", {}, "abc")->challenged(server_first);
  return challenge ? "" : challenge.error().reason;
}

TEST(Scram, JudgesTheFirstMessage) {
  EXPECT_EQ(refusal("r=abcd,s=c2FsdA==,i=4096"), "");
  EXPECT_EQ(refusal("r=abcd,s=c2FsdA==,i=4096,x=unknown,z="), "") << "extensions are let be";
  for (const char* broken :
       {"", "r", "r=abcd", "r=abcd,s=c2FsdA==", "s=c2FsdA==,r=abcd,i=4096",
        "i=4096,r=abcd,s=c2FsdA==", "r=abcd,s=,i=4096", "r=abcd,s=!,i=4096",
        "r=abcd,s=c2FsdA==,i=", "r=abcd,s=c2FsdA==,i=x", "r=abcd,s=c2FsdA==,i=-4096",
        "r=abcd,s=c2FsdA==,i=04096", "r=abcd,s=c2FsdA==,i= 4096", "r=abcd,s=c2FsdA==,i=4096x",
        "m=ext,r=abcd,s=c2FsdA==,i=4096", "r=abcd,,s=c2FsdA==,i=4096"})
    EXPECT_EQ(refusal(broken), "SCRAM_MALFORMED") << broken;
  EXPECT_EQ(refusal("r=abcd,s=c2FsdA==,i=4096," + std::string(9000, 'x')), "SCRAM_MALFORMED");
  EXPECT_EQ(refusal("r=abcd,s=" + base64_encode(std::string(1025, 's')) + ",i=4096"),
            "SCRAM_MALFORMED");
}

TEST(Scram, TheNonceMustContinueOurs) {
  for (const char* nonce : {"abc", "ab", "", "xbcd", "Abcd", "abc\x7f", "abc d", "abc\xc3\xa4"})
    EXPECT_EQ(refusal(std::string("r=") + nonce + ",s=c2FsdA==,i=4096"), "SCRAM_NONCE") << nonce;
  EXPECT_EQ(refusal("r=abc" + std::string(1100, 'd') + ",s=c2FsdA==,i=4096"), "SCRAM_NONCE");
}

TEST(Scram, IterationsAreBoundedBothWays) {
  EXPECT_EQ(refusal("r=abcd,s=c2FsdA==,i=4095"), "SCRAM_ITERATIONS_TOO_LOW");
  EXPECT_EQ(refusal("r=abcd,s=c2FsdA==,i=1"), "SCRAM_ITERATIONS_TOO_LOW");
  EXPECT_EQ(refusal("r=abcd,s=c2FsdA==,i=1000000"), "");
  for (const char* huge : {"1000001", "2000000000", "4294967296", "99999999999999999999999"})
    EXPECT_EQ(refusal(std::string("r=abcd,s=c2FsdA==,i=") + huge), "SCRAM_ITERATIONS_TOO_HIGH");
  const auto error = ScramClient::make(Hash::sha256, "user", {}, "abc")
                         ->challenged("r=abcd,s=c2FsdA==,i=2000000000")
                         .error();
  EXPECT_THAT(error.message, HasSubstr("2000000000"));
  EXPECT_THAT(error.message, HasSubstr("1000000"));
}

// A conversation up to the server's last message.
ScramClient answered() {
  const Vector& each = vectors()[1];
  ScramClient client = *ScramClient::make(each.hash, each.user, {}, each.nonce);
  const ScramChallenge challenge = *client.challenged(each.server_first);
  client.answer(derive_scram_keys(challenge, base::Secret(each.password)));
  return client;
}

TEST(Scram, TheSignatureMustBeRight) {
  const std::string right = vectors()[1].server_final;
  EXPECT_TRUE(answered().verify(right));
  EXPECT_TRUE(answered().verify(right + ",ext=1"));
  std::string wrong = right;
  wrong[2] ^= 1;
  ScramClient client = answered();
  const auto refused = client.verify(wrong);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "SERVER_NOT_AUTHENTIC");
  EXPECT_FALSE(client.verified());
  for (const char* broken :
       {"v=", "v=!", "v=AAAA", "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4"})
    EXPECT_EQ(answered().verify(broken).error().reason, "SERVER_NOT_AUTHENTIC") << broken;
  for (const char* missing : {"", "x=1", "v", "V=AAAA"})
    EXPECT_EQ(answered().verify(missing).error().reason, "SERVER_NOT_AUTHENTIC") << missing;
}

TEST(Scram, NoSignatureIsRightBeforeTheAnswer) {
  ScramClient client = *ScramClient::make(Hash::sha256, "user", {}, "abc");
  EXPECT_EQ(client.verify("v=").error().reason, "SERVER_NOT_AUTHENTIC");
  EXPECT_EQ(client.verify("v=AAAA").error().reason, "SERVER_NOT_AUTHENTIC");
}

TEST(Scram, ErrorsOfTheServer) {
  EXPECT_EQ(answered().verify("e=invalid-proof").error().reason, "WRONG_PASSWORD");
  EXPECT_EQ(answered().verify("e=unknown-user,x=y").error().reason, "WRONG_PASSWORD");
  EXPECT_EQ(answered().verify("e=channel-bindings-dont-match").error().reason,
            "CHANNEL_BINDING_MISMATCH");
  EXPECT_EQ(answered().verify("e=server-does-support-channel-binding").error().reason,
            "SASL_DOWNGRADE");
  EXPECT_EQ(answered().verify("e=something\x1b").error().reason, "AUTH_REFUSED");
  EXPECT_EQ(refusal("e=other-error"), "AUTH_REFUSED");
}

TEST(Scram, DifferentOffersAreADowngrade) {
  const auto outcome = [](const std::string& extension) {
    const auto challenge = ScramClient::make(Hash::sha1, "u", {}, "abc")
                               ->challenged("r=abcd,s=c2FsdA==,i=4096" + extension, "c2VlbiBoZXJl");
    return challenge ? "" : challenge.error().reason;
  };
  EXPECT_EQ(outcome(""), "");
  EXPECT_EQ(outcome(",h=c2VlbiBoZXJl"), "");
  EXPECT_EQ(outcome(",x=1,h=c2VlbiBoZXJl"), "");
  EXPECT_EQ(outcome(",h=b3RoZXJz"), "SASL_DOWNGRADE");
  EXPECT_EQ(outcome(",h="), "SASL_DOWNGRADE");
}

}  // namespace
}  // namespace commd::xmpp
