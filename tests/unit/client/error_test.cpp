#include "clients/client/error.h"

#include <gtest/gtest.h>

#include "clients/client/status.h"
#include "tests/cli/fake_daemon/services.h"

namespace commd::client {
namespace {

ExitCode exit_of(grpc::StatusCode code, const std::string& reason) {
  return error_of(fake::failure(code, reason, "words"), "/none").exit_code();
}

TEST(ClientError, KeepsTheErrorInfo) {
  const ClientError error = error_of(fake::failure(grpc::StatusCode::NOT_FOUND, "CALL_NOT_FOUND",
                                                   "there is no call x", {{"id", "x"}}),
                                     "/none");
  EXPECT_EQ(error.code(), Code::not_found);
  EXPECT_EQ(error.reason(), "CALL_NOT_FOUND");
  EXPECT_EQ(error.message(), "there is no call x");
  EXPECT_EQ(error.metadata().at("id"), "x");
}

TEST(ClientError, ExitCodesAreTheContract) {
  EXPECT_EQ(exit_of(grpc::StatusCode::INVALID_ARGUMENT, "ANY"), ExitCode::usage);
  EXPECT_EQ(exit_of(grpc::StatusCode::FAILED_PRECONDITION, "AMBIGUOUS"), ExitCode::usage);
  EXPECT_EQ(exit_of(grpc::StatusCode::FAILED_PRECONDITION, "WRONG_STATE"), ExitCode::failed);
  EXPECT_EQ(exit_of(grpc::StatusCode::NOT_FOUND, "ANY"), ExitCode::not_found);
  EXPECT_EQ(exit_of(grpc::StatusCode::PERMISSION_DENIED, "ANY"), ExitCode::not_permitted);
  EXPECT_EQ(exit_of(grpc::StatusCode::DEADLINE_EXCEEDED, "ANY"), ExitCode::timed_out);
  EXPECT_EQ(exit_of(grpc::StatusCode::ALREADY_EXISTS, "ANY"), ExitCode::failed);
}

TEST(ClientError, UnavailableFromTheDaemonIsNotUnreachable) {
  EXPECT_EQ(exit_of(grpc::StatusCode::UNAVAILABLE, "MEDIA_UNAVAILABLE"), ExitCode::failed);
  EXPECT_EQ(error_of({grpc::StatusCode::UNAVAILABLE, "no"}, "/none").exit_code(),
            ExitCode::unreachable);
}

TEST(ClientError, SurvivesDetailsThatAreNone) {
  const ClientError error = error_of({grpc::StatusCode::INTERNAL, "odd", "\xff\xff junk"}, "/none");
  EXPECT_EQ(error.reason(), "");
  EXPECT_EQ(error.message(), "odd");
}

}  // namespace
}  // namespace commd::client
