// MESSAGE: what is taken, what an answer means, how many are let in.
#include <gtest/gtest.h>
#include <sofia-sip/msg.h>
#include <sofia-sip/sip_protos.h>

#include <string>

#include "daemon/base/escape.h"
#include "daemon/sip/message_gate.h"
#include "daemon/sip/message_text.h"

namespace commd::sip {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

ReadMessage read(const std::string& fields, const std::string& body = "hello") {
  const std::string text = "MESSAGE sip:token@127.0.0.1 SIP/2.0\r\n" + fields +
                           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  msg_t* message = msg_make(sip_default_mclass(), 0, text.data(), text.size());
  ReadMessage out = read_message(sip_object(message));
  msg_destroy(message);
  return out;
}

const std::string usual =
    "From: <sip:Bob@Example.ORG>;tag=t1\r\nTo: <sip:alice@example.org>\r\nCall-ID: c1\r\n"
    "CSeq: 7 MESSAGE\r\n";
const std::string plain = "Content-Type: text/plain\r\n";

TEST(ReadMessage, TakesPlainText) {
  const ReadMessage message = read(usual + plain, "h\xc3\xa4llo\r\nthere");
  EXPECT_EQ(message.answer.code, 200);
  EXPECT_EQ(message.peer, "sip:Bob@example.org");
  EXPECT_EQ(message.text, "h\xc3\xa4llo\r\nthere");
  EXPECT_EQ(message.call_id, "c1");
  EXPECT_EQ(message.fingerprint.size(), 64u);
  EXPECT_EQ(read("From: <sip:local@127.0.0.1:5070>;tag=t\r\n" + plain).peer,
            "sip:local@127.0.0.1:5070");
}

TEST(ReadMessage, RefusesWhatIsNoPlainTextItKnows) {
  for (const char* type :
       {"text/plain;charset=UTF-8", "Text/Plain; charset=\"utf-8\"", "text/plain;charset=us-ascii"})
    EXPECT_EQ(read(usual + "Content-Type: " + type + "\r\n").answer.code, 200) << type;
  for (const char* type : {"text/html", "message/cpim", "application/im-iscomposing+xml",
                           "text/plain;charset=iso-8859-1", "text/plainer", "multipart/mixed"})
    EXPECT_EQ(read(usual + "Content-Type: " + type + "\r\n").answer.code, 415) << type;
  EXPECT_EQ(read(usual).answer.code, 200) << "no type is taken for text";
  EXPECT_EQ(read(usual + plain + "Content-Encoding: gzip\r\n").answer.code, 415);
  EXPECT_EQ(read(usual + plain + "Content-Encoding: identity\r\n").answer.code, 200);
}

TEST(ReadMessage, RefusesNobodyAndNothing) {
  EXPECT_EQ(read(usual + plain, "").answer.code, 400);
  EXPECT_EQ(read(plain).answer.code, 400);
  EXPECT_EQ(read("From: <tel:+4930123>;tag=t\r\n" + plain).answer.code, 403);
  EXPECT_EQ(read_message(nullptr).answer.code, 400);
}

TEST(ReadMessage, MakesEverythingValidText) {
  const std::string junk("a\xff\0b\xe2\x82", 6);
  const ReadMessage message = read(usual + plain, junk);
  EXPECT_TRUE(base::is_valid_utf8(message.text));
  EXPECT_EQ(message.text, "a\xef\xbf\xbd b\xef\xbf\xbd");
  EXPECT_EQ(message.text.find('\0'), std::string::npos);
}

TEST(ReadMessage, IsTheSameOnlyWhereItWasSentAgain) {
  const std::string first = read(usual + plain).fingerprint;
  EXPECT_EQ(read(usual + plain, "hello").fingerprint, first);
  const auto with = [&](const std::string& before, const std::string& after) {
    std::string fields = usual;
    fields.replace(fields.find(before), before.size(), after);
    return read(fields + plain).fingerprint;
  };
  EXPECT_NE(with("CSeq: 7", "CSeq: 8"), first);
  EXPECT_NE(with("c1", "c2"), first);
  EXPECT_NE(with("t1", "t2"), first);
  EXPECT_NE(with("Bob@", "Eve@"), first);
  EXPECT_EQ(read("From: <sip:bob@example.org>\r\n" + plain).fingerprint, "")
      << "nothing to tell by";
}

TEST(MessageFailures, HaveAReasonAndTheStatusLine) {
  const MessageFailure unknown = failure_of(404, "Not Found", false);
  EXPECT_EQ(unknown.reason, "RECIPIENT_UNKNOWN");
  EXPECT_EQ(unknown.message, "there is nobody of that address (404 Not Found)");
  EXPECT_EQ(failure_of(405, "x", false).reason, "MESSAGES_NOT_ACCEPTED");
  EXPECT_EQ(failure_of(415, "x", false).reason, "TEXT_NOT_ACCEPTED");
  EXPECT_EQ(failure_of(480, "x", false).reason, "RECIPIENT_UNAVAILABLE");
  EXPECT_EQ(failure_of(407, "x", false).reason, "LOGIN_REFUSED");
  EXPECT_EQ(failure_of(302, "x", false).reason, "RECIPIENT_MOVED");
  EXPECT_EQ(failure_of(500, "x", false).reason, "SERVER_UNAVAILABLE");
  EXPECT_EQ(failure_of(699, "x", false).reason, "MESSAGE_REFUSED");
  EXPECT_EQ(failure_of(408, "x", true).reason, "NO_ANSWER");
  EXPECT_EQ(failure_of(503, "x", true).reason, "SERVER_UNREACHABLE");
  EXPECT_EQ(failure_of(404, "a\r\nb", false).message, "there is nobody of that address (404 a  b)");
}

TEST(MessageGate, LetsABurstInAndThenSoManyASecond) {
  MessageGate gate({2, 3}, {100, 100});
  base::MonoTime now{seconds(1000)};
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(gate.admits("bob", now));
  EXPECT_FALSE(gate.admits("bob", now));
  EXPECT_TRUE(gate.admits("carol", now)) << "one person's flood is not another's";
  now += milliseconds(500);
  EXPECT_TRUE(gate.admits("bob", now));
  EXPECT_FALSE(gate.admits("bob", now));
  now += seconds(100);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(gate.admits("bob", now));
  EXPECT_FALSE(gate.admits("bob", now));
}

TEST(MessageGate, ACrowdOfNamesIsHeldToo) {
  MessageGate gate({20, 60}, {200, 400});
  const base::MonoTime now{seconds(1000)};
  int admitted = 0;
  for (int i = 0; i < 5000; ++i) admitted += gate.admits("user" + std::to_string(i), now) ? 1 : 0;
  EXPECT_EQ(admitted, 400);
}

}  // namespace
}  // namespace commd::sip
