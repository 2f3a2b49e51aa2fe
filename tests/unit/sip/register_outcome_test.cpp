#include "daemon/sip/register_outcome.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace commd::sip {
namespace {

using model::AccountState;
using testing::HasSubstr;

RegisterProblem of(const RegisterAnswer& answer, const std::optional<TlsFailure>& tls = {}) {
  return problem_of(answer, "sip:alice@a.test", "a.test", tls, base::WallTime{});
}

RegisterAnswer answer(int status, const std::string& phrase = "Phrase") {
  RegisterAnswer made;
  made.status = status;
  made.phrase = phrase;
  made.by_server = true;
  return made;
}

TEST(RegisterOutcome, RefusalsThatAPersonMustMendFail) {
  for (const auto& [status, reason] : {std::pair{403, "REGISTRATION_FORBIDDEN"},
                                       {404, "ADDRESS_UNKNOWN"},
                                       {604, "ADDRESS_UNKNOWN"},
                                       {302, "SERVER_MOVED"},
                                       {423, "EXPIRY_REFUSED"},
                                       {405, "REGISTRATION_REFUSED"},
                                       {606, "REGISTRATION_REFUSED"}}) {
    const RegisterProblem problem = of(answer(status));
    EXPECT_EQ(problem.state, AccountState::failed) << status;
    EXPECT_EQ(problem.reason, reason) << status;
    EXPECT_THAT(problem.message, HasSubstr("a.test")) << status;
  }
}

TEST(RegisterOutcome, WhatTimeMayHealIsTriedAgainWhenTheServerSays) {
  RegisterAnswer busy = answer(503, "Busy");
  busy.retry_after = std::chrono::seconds(40);
  busy.words = "maintenance";
  const RegisterProblem problem = of(busy);
  EXPECT_EQ(problem.state, AccountState::retrying);
  EXPECT_EQ(problem.reason, "SERVER_UNAVAILABLE");
  EXPECT_EQ(problem.not_before, std::chrono::seconds(40));
  EXPECT_THAT(problem.message, HasSubstr("503 Busy (maintenance)"));
  EXPECT_EQ(of(answer(480)).state, AccountState::retrying);
  EXPECT_EQ(of(answer(500)).reason, "SERVER_UNAVAILABLE");
}

TEST(RegisterOutcome, ChallengesFailByWhatWasWrongWithThem) {
  for (const auto& [verdict, reason] : {std::pair{DigestVerdict::wrong_password, "WRONG_PASSWORD"},
                                        {DigestVerdict::no_password, "PASSWORD_MISSING"},
                                        {DigestVerdict::not_ours, "CHALLENGE_NOT_OURS"},
                                        {DigestVerdict::weaker, "CHALLENGE_WEAKER"},
                                        {DigestVerdict::unsupported, "CHALLENGE_UNSUPPORTED"}}) {
    RegisterAnswer challenged = answer(401);
    challenged.digest = verdict;
    EXPECT_EQ(of(challenged).state, AccountState::failed);
    EXPECT_EQ(of(challenged).reason, reason);
  }
}

TEST(RegisterOutcome, SilenceRefusalAndCertificatesAreToldApart) {
  RegisterAnswer nothing;
  nothing.status = 408;
  EXPECT_EQ(of(nothing).reason, "NO_ANSWER");
  nothing.status = 503;
  EXPECT_EQ(of(nothing).reason, "SERVER_UNREACHABLE");
  TlsFailure tls;
  tls.name = "a.test";
  tls.kind = TlsFailureKind::unknown_issuer;
  const RegisterProblem problem = of(nothing, tls);
  EXPECT_EQ(problem.state, AccountState::retrying);
  EXPECT_EQ(problem.reason, "TLS_UNKNOWN_ISSUER");
  EXPECT_EQ(problem.message, tls.message(base::WallTime{}));
}

}  // namespace
}  // namespace commd::sip
