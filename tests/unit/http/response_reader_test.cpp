// Responses as they come, one byte at a time, and those that lie.
#include "daemon/http/response_reader.h"

#include <gtest/gtest.h>

namespace commd::http {
namespace {

struct Read {
  std::string body, error;
  bool complete = false;
  unsigned status = 0;
  std::string type;
};

Read read(const std::string& bytes, size_t step, uint64_t most = 1000) {
  ResponseReader reader(most);
  Read out;
  for (size_t at = 0; at < bytes.size() && !reader.complete(); at += step)
    if (const auto taken = reader.take(std::string_view(bytes).substr(at, step), out.body);
        !taken) {
      out.error = taken.error().reason;
      return out;
    }
  if (!reader.complete())
    if (const auto end = reader.end(); !end) out.error = end.error().reason;
  out.complete = reader.complete();
  if (reader.head()) {
    out.status = reader.head()->status;
    out.type = reader.head()->field("content-type");
  }
  return out;
}

TEST(Response, OfEveryFraming) {
  const std::string plain =
      "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 5\r\n\r\nhello";
  const std::string chunked =
      "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n";
  const std::string to_the_end = "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\n\r\nhello";
  const std::string interim = "HTTP/1.1 100 Continue\r\n\r\n" + plain;
  for (const auto& bytes : {plain, chunked, to_the_end, interim})
    for (const size_t step : {1, 2, 7, 1000}) {
      const Read got = read(bytes, step);
      EXPECT_EQ(got.error, "") << bytes << " by " << step;
      EXPECT_EQ(got.body, "hello") << bytes << " by " << step;
      EXPECT_TRUE(got.complete);
      EXPECT_EQ(got.status, 200U);
      EXPECT_EQ(got.type, "a/b");
    }
}

TEST(Response, ThatLies) {
  const std::string head = "HTTP/1.1 200 OK\r\n";
  EXPECT_EQ(read(head + "Content-Length: 5\r\n\r\nhel", 9).error, "HTTP_CUT");
  EXPECT_EQ(read(head + "Content-Length: 5000\r\n\r\n", 9).error, "HTTP_TOO_LARGE");
  EXPECT_EQ(read(head + "\r\n" + std::string(2000, 'x'), 9).error, "HTTP_TOO_LARGE");
  EXPECT_EQ(read(head + "Content-Length: -5\r\n\r\n", 9).error, "HTTP_BAD_ANSWER");
  EXPECT_EQ(read(head + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 9).error,
            "HTTP_BAD_ANSWER");
  EXPECT_EQ(read(head + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffffff\r\n", 9).error,
            "HTTP_BAD_ANSWER");
  EXPECT_EQ(read(head + "Transfer-Encoding: chunked\r\n\r\n3\r\nhe", 9).error, "HTTP_CUT");
  EXPECT_EQ(read("SSH-2.0-OpenSSH\r\n", 9).error, "HTTP_BAD_ANSWER");
  EXPECT_EQ(read("", 9).error, "HTTP_CUT");
  EXPECT_EQ(
      read(head + "Transfer-Encoding: chunked\r\n\r\n3;" + std::string(50000, 'x'), 999).error,
      "HTTP_BAD_ANSWER")
      << "a line without an end";
  std::string long_head = head;
  for (int i = 0; i < 1000; ++i)
    long_head += "X-" + std::to_string(i) + ": " + std::string(50, 'x') + "\r\n";
  EXPECT_EQ(read(long_head + "\r\n", 99).error, "HTTP_BAD_ANSWER");
  std::string circles;
  for (int i = 0; i < 100; ++i) circles += "HTTP/1.1 102 Wait\r\n\r\n";
  EXPECT_EQ(read(circles, 99).error, "HTTP_BAD_ANSWER");
}

}  // namespace
}  // namespace commd::http
