#include "daemon/api/status.h"

#include <gtest/gtest.h>

#include <set>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "tests/unit/api/shape.h"

namespace commd::api {
namespace {

google::rpc::Status details_of(const grpc::Status& status) {
  google::rpc::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  return details;
}

google::rpc::ErrorInfo info_of(const grpc::Status& status) {
  const google::rpc::Status details = details_of(status);
  google::rpc::ErrorInfo info;
  EXPECT_EQ(details.details_size(), 1);
  EXPECT_TRUE(details.details_size() == 1 && details.details(0).UnpackTo(&info));
  return info;
}

std::string code_name(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::INVALID_ARGUMENT:
      return "invalid_argument";
    case grpc::StatusCode::NOT_FOUND:
      return "not_found";
    case grpc::StatusCode::ALREADY_EXISTS:
      return "already_exists";
    case grpc::StatusCode::FAILED_PRECONDITION:
      return "failed_precondition";
    case grpc::StatusCode::PERMISSION_DENIED:
      return "permission_denied";
    case grpc::StatusCode::UNAUTHENTICATED:
      return "unauthenticated";
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return "resource_exhausted";
    case grpc::StatusCode::UNAVAILABLE:
      return "unavailable";
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return "deadline_exceeded";
    case grpc::StatusCode::OUT_OF_RANGE:
      return "out_of_range";
    case grpc::StatusCode::ABORTED:
      return "aborted";
    case grpc::StatusCode::UNIMPLEMENTED:
      return "unimplemented";
    case grpc::StatusCode::INTERNAL:
      return "internal";
    case grpc::StatusCode::OK:
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::UNKNOWN:
    case grpc::StatusCode::DATA_LOSS:
    case grpc::StatusCode::DO_NOT_USE:
      break;
  }
  return "another";
}

TEST(Status, EachCodeIsTheOneOfItsName) {
  const std::vector<std::string> names = test::names_of<base::Code>();
  ASSERT_EQ(names.size(), 13U);
  for (size_t i = 0; i < names.size(); ++i) {
    const grpc::Status status = to_status({static_cast<base::Code>(i), "REASON", "words", {}});
    EXPECT_EQ(code_name(status.error_code()), names[i]);
    EXPECT_EQ(base::to_string(static_cast<base::Code>(i)), names[i]);
    EXPECT_EQ(details_of(status).code(), static_cast<int>(status.error_code()));
    EXPECT_EQ(info_of(status).reason(), "REASON");
  }
}

TEST(Status, OneErrorInfoWithEveryVariable) {
  const base::Error error{
      base::Code::not_found, "NOT_FOUND", "no call \"7\"", {{"kind", "call"}, {"id", "7"}}};
  const grpc::Status status = to_status(error);
  EXPECT_EQ(status.error_message(), error.message);
  EXPECT_EQ(details_of(status).message(), error.message);
  const google::rpc::ErrorInfo info = info_of(status);
  EXPECT_EQ(info.domain(), "commd");
  ASSERT_EQ(info.metadata_size(), 2);
  EXPECT_EQ(info.metadata().at("kind"), "call");
  EXPECT_EQ(info.metadata().at("id"), "7");
}

// A name from the network may be in a message; what is no UTF-8 would make the whole
// answer unreadable.
TEST(Status, HostileWordsStayReadable) {
  const grpc::Status status =
      to_status({base::Code::unavailable, "REASON", "refused: \xFF\xC0", {{"text", "\xFF\xC0"}}});
  EXPECT_EQ(info_of(status).reason(), "REASON");
  EXPECT_NE(status.error_message().find("refused: "), std::string::npos);
  EXPECT_FALSE(info_of(status).metadata().at("text").empty());
}

TEST(Status, TheEndIsToldWithAReason) {
  const grpc::Status status = to_status(daemon_stopping());
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(info_of(status).reason(), "DAEMON_STOPPING");
}

}  // namespace
}  // namespace commd::api
