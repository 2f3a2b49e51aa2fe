#include "daemon/sip/sip_text.h"

#include <gtest/gtest.h>
#include <sofia-sip/msg.h>
#include <sofia-sip/sip_protos.h>

#include <optional>
#include <string>
#include <utility>

#include "daemon/base/escape.h"

namespace commd::sip {
namespace {

// A message parsed by sofia, which goes with it.
class Parsed {
 public:
  explicit Parsed(const std::string& fields, const std::string& first_line)
      : message_(make(first_line + "\r\n" + fields + "\r\n")) {}
  ~Parsed() { msg_destroy(message_); }
  Parsed(const Parsed&) = delete;
  Parsed& operator=(const Parsed&) = delete;
  const sip_t* sip() const { return sip_object(message_); }

 private:
  static msg_t* make(const std::string& text) {
    return msg_make(sip_default_mclass(), 0, text.data(), text.size());
  }
  msg_t* message_;
};

class Request : public Parsed {
 public:
  explicit Request(const std::string& fields)
      : Parsed(fields, "INVITE sip:t%6fken@127.0.0.1 SIP/2.0") {}
};
TEST(SipText, ReadsWhoIsWho) {
  const Request request(
      "From: \"Alice \\\"A\\\" M\" <sip:alice@a.test:5080;transport=tcp?x=y>;tag=ft\r\n"
      "To: Bob <sips:bob@b.test>;tag=tt\r\nReferred-By: <sip:boss@a.test>\r\n"
      "Diversion: <sip:desk@a.test>;reason=no-answer\r\n");
  EXPECT_EQ(caller_of(request.sip()).address, "sip:alice@a.test");
  EXPECT_EQ(caller_of(request.sip()).display_name, "Alice \"A\" M");
  EXPECT_EQ(callee_of(request.sip()).address, "sips:bob@b.test");
  EXPECT_EQ(callee_of(request.sip()).display_name, "Bob");
  EXPECT_EQ(to_tag(request.sip()), "tt");
  EXPECT_EQ(referred_by(request.sip()), "sip:boss@a.test");
  EXPECT_EQ(diverted_by(request.sip()), "sip:desk@a.test");
  EXPECT_EQ(uri_text(request.sip()->sip_from->a_url), "sip:alice@a.test:5080;transport=tcp?x=y");
}

TEST(SipText, NeverShowsAPassword) {
  const Request request("From: <sip:alice:secret@a.test>\r\n");
  EXPECT_EQ(caller_of(request.sip()).address, "sip:alice@a.test");
  EXPECT_EQ(uri_text(request.sip()->sip_from->a_url), "sip:alice@a.test");
}

TEST(SipText, MakesEverythingValidText) {
  const Request request("From: \"\xff\xfe\x1b[31m\" <sip:a\xff@b>\r\n");
  EXPECT_TRUE(base::is_valid_utf8(caller_of(request.sip()).display_name));
  EXPECT_TRUE(base::is_valid_utf8(caller_of(request.sip()).address));
  EXPECT_EQ(one_line(std::string("a\r\nb\x7f") + std::string(500, 'x')).size(), 128u);
  EXPECT_EQ(one_line("a\r\nb"), "a  b");
}

TEST(SipText, CutsBetweenCharacters) {
  std::string long_text;
  for (int i = 0; i < 200; ++i) long_text += "\u20ac";  // three bytes: 256 is inside of one
  const Request request("Reason: SIP;text=\"" + long_text + "\"\r\nDiversion: <sip:" + long_text +
                        "@a>\r\n");
  EXPECT_EQ(reason_text(request.sip()).size(), 255u);
  EXPECT_TRUE(base::is_valid_utf8(reason_text(request.sip())));
  EXPECT_TRUE(base::is_valid_utf8(diverted_by(request.sip())));
}

// What we are to send again must not end the URI it stands in.
TEST(SipText, GivesOnlyUrisThatCanBeSent) {
  for (const char* uri : {"sip:a\"b@c", "sip:a@b;x=\"q\"", "sip:a\xff@b", "sip:a<b@c"}) {
    const Request request("Contact: <" + std::string(uri) + ">\r\n");
    const sip_contact_t* contact = request.sip()->sip_contact;
    EXPECT_EQ(uri_text(contact == nullptr ? nullptr : contact->m_url), "") << uri;
    const Request refer("Refer-To: <" + std::string(uri) + ">\r\n");
    EXPECT_FALSE(refer_to(refer.sip())) << uri;
  }
}

TEST(SipText, ReadsReasons) {
  const Request request("Reason: Q.850;cause=16;text=\"Over\", SIP;cause=200;text=\"x\"\r\n");
  EXPECT_EQ(reason_text(request.sip()), "Over");
  EXPECT_EQ(reason_cause(request.sip()), 200);
  EXPECT_EQ(reason_cause(Request("Reason: SIP;cause=99999\r\n").sip()), 0);
}

std::optional<std::string> sdp_in(const std::string& type, const std::string& body) {
  const Request request((type.empty() ? "" : "Content-Type: " + type + "\r\n") +
                        "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  const auto found = sdp_body(request.sip());
  return found ? std::optional<std::string>(*found) : std::nullopt;
}

TEST(SipText, FindsTheOnlySdp) {
  const std::string text = "--b\r\nContent-Type: text/plain\r\n\r\nhi\r\n";
  const std::string sdp = "--b\r\nContent-Type: Application/SDP\r\n\r\nv=0\r\n";
  EXPECT_EQ(sdp_in("Application/SDP;charset=utf-8", "v=0\r\n"), "v=0\r\n");
  EXPECT_EQ(sdp_in("multipart/mixed;boundary=\"b\"", text + sdp + "--b--"), "v=0\r\n");
  EXPECT_EQ(sdp_in("multipart/mixed;boundary=b", sdp + sdp + "--b--"), std::nullopt);
  EXPECT_EQ(sdp_in("multipart/mixed;boundary=b", text + "--b--"), std::nullopt);
  EXPECT_EQ(sdp_in("multipart/mixed", sdp + "--b--"), std::nullopt);
  EXPECT_EQ(sdp_in("multipart/mixed;boundary=" + std::string(71, 'b'), sdp), std::nullopt);
  EXPECT_EQ(sdp_in("multipart/mixed;boundary=b", sdp), std::nullopt);  // never ends
  EXPECT_EQ(sdp_in("text/plain", "v=0\r\n"), std::nullopt);
  EXPECT_EQ(sdp_in("application/sdp", ""), std::nullopt);
}

std::optional<char> digit_in(const std::string& type, const std::string& body) {
  return info_digit(Request("Content-Type: " + type + "\r\nContent-Length: " +
                            std::to_string(body.size()) + "\r\n\r\n" + body)
                        .sip());
}

TEST(SipText, ReadsDigits) {
  EXPECT_EQ(digit_in("application/dtmf-relay", "Signal= 5\r\nDuration=160\r\n"), '5');
  EXPECT_EQ(digit_in("application/dtmf-relay", "Duration=1\r\nsignal=#\r\n"), '#');
  EXPECT_EQ(digit_in("application/dtmf", "d\r\n"), 'D');
  for (const char* wrong : {"Signal=55", "Signal=E", "Signal=", "5"})
    EXPECT_EQ(digit_in("application/dtmf-relay", wrong), std::nullopt) << wrong;
  EXPECT_EQ(digit_in("text/plain", "5"), std::nullopt);
  EXPECT_EQ(digit_in("application/dtmf", std::string(300, '5')), std::nullopt);
}

std::optional<std::pair<int, std::string>> fragment_in(const std::string& body) {
  return sipfrag_status(Request("Content-Type: message/sipfrag;version=2.0\r\nContent-Length: " +
                                std::to_string(body.size()) + "\r\n\r\n" + body)
                            .sip());
}

TEST(SipText, ReadsSipfrag) {
  EXPECT_EQ(fragment_in("SIP/2.0 180 Ringing now\r\nTo: x\r\n"),
            std::pair(180, std::string("Ringing now")));
  EXPECT_EQ(fragment_in("SIP/2.0 200"), std::pair(200, std::string()));
  for (const char* wrong : {"SIP/2.0 99 x", "SIP/2.0 700 x", "SIP/2.0 abc", "HTTP/1.1 200 OK", "x"})
    EXPECT_EQ(fragment_in(wrong), std::nullopt) << wrong;
}

TEST(SipText, ReadsReferTo) {
  const Request request("Refer-To: <sip:c@c.test?Subject=x&Replaces=id%40h%3Bto-tag%3D1>\r\n");
  const auto target = refer_to(request.sip());
  ASSERT_TRUE(target);
  EXPECT_EQ(target->uri, "sip:c@c.test");
  EXPECT_EQ(target->replaces, "id@h;to-tag=1");
  EXPECT_FALSE(refer_to(Request("Refer-To: <http://c.test>\r\n").sip()));
  EXPECT_EQ(escape_uri_header("id@h;to-tag=1"), "id%40h%3Bto-tag%3D1");
}

TEST(SipText, ReadsWhatThePeerTakes) {
  EXPECT_TRUE(allows_update(Request("Allow: INVITE, UPDATE\r\n").sip()));
  EXPECT_FALSE(allows_update(Request("Allow: INVITE, UPDATES\r\n").sip()));
  EXPECT_TRUE(requires_option(Request("Require: timer, 100REL\r\n").sip(), "100rel"));
}

TEST(SipText, TakesUrisApart) {
  EXPECT_EQ(host_of_uri("sip:a@h.test:5080;lr"), "h.test");
  EXPECT_EQ(host_of_uri("\"x\" <sips:a@[2001:db8::1]:5061;lr>;q=1"), "2001:db8::1");
  EXPECT_EQ(host_of_uri(""), "");
  EXPECT_EQ(port_of_uri("sip:a@h.test:5080;lr", 5060), 5080);
  EXPECT_EQ(port_of_uri("<sip:a@[2001:db8::1]:5070>", 5060), 5070);
  EXPECT_EQ(port_of_uri("sip:a@[2001:db8::1]", 5060), 5060);
  EXPECT_EQ(port_of_uri("sip:h:99999", 5061), 5061);
}

void expect_nothing(const sip_t* sip) {
  EXPECT_EQ(caller_of(sip), model::Party{});
  EXPECT_EQ(callee_of(sip), model::Party{});
  EXPECT_FALSE(asserted_identity(sip));
  EXPECT_EQ(to_tag(sip) + referred_by(sip) + diverted_by(sip) + reason_text(sip), "");
  EXPECT_EQ(reason_cause(sip), 0);
  EXPECT_FALSE(sdp_body(sip));
  EXPECT_FALSE(info_digit(sip));
  EXPECT_FALSE(sipfrag_status(sip));
  EXPECT_FALSE(refer_to(sip));
  EXPECT_FALSE(requires_option(sip, "timer"));
  EXPECT_FALSE(allows_update(sip));
}

TEST(SipText, MissingPartsAreEmpty) {
  expect_nothing(nullptr);
  const Request bare("");
  expect_nothing(bare.sip());
  EXPECT_EQ(uri_text(nullptr) + address_text(nullptr), "");
}

}  // namespace
}  // namespace commd::sip
