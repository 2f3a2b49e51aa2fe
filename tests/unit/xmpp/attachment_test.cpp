// Files of messages, and room for them at a server: what is believed of what others say.
#include "daemon/xmpp/attachment.h"

#include <gtest/gtest.h>

#include "daemon/xmpp/disco.h"
#include "daemon/xmpp/http_upload.h"
#include "daemon/xmpp/namespaces.h"
#include "tests/unit/xmpp/stanza_of.h"

namespace commd::xmpp::test {
namespace {

const std::string url = "https://up.x.test/a/The%20photo.jpg?x=1";

model::Attachment read(const std::string& inner, const std::string& body) {
  return read_attachment(stanza_of("<message>" + inner + "</message>"), body);
}

std::string oob(const std::string& address, const std::string& more = "") {
  return "<x xmlns='jabber:x:oob'><url>" + address + "</url>" + more + "</x>";
}

TEST(Attachment, IsWrittenAsItIsRead) {
  const model::Attachment file{url, "a.jpg", "image/jpeg", 123, "the <beach>", ""};
  Stanza message = make_message("bob@x.test", "chat", "1");
  write_attachment(file, message);
  EXPECT_EQ(read_attachment(stanza_of(message.to_text()), url), file);
}

TEST(Attachment, OfTheAddressAlone) {
  const auto file = read(oob(url, "<desc>words</desc>"), url);
  EXPECT_EQ(file.url, url);
  EXPECT_EQ(file.name, "The photo.jpg");
  EXPECT_EQ(file.description, "words");
  EXPECT_EQ(file.size, 0U);
  EXPECT_EQ(read(oob("https://x.test/..%2f..%2fetc%2f.passwd"), "").name, "passwd");
  EXPECT_EQ(read(oob("https://x.test/"), "").name, "");
}

TEST(Attachment, WhatIsNone) {
  EXPECT_TRUE(read("", url).empty());
  EXPECT_TRUE(read(oob(url), "look at " + url).empty()) << "a link in a sentence";
  for (const char* bad : {"file:///etc/passwd", "javascript:x", "https://a b/", "ftp://x/"})
    EXPECT_TRUE(read(oob(bad), "").empty()) << bad;
  EXPECT_TRUE(read(oob("https://x/" + std::string(9000, 'x')), "").empty());
  // What is said of another file is not said of this one.
  const auto file =
      read(oob(url) +
               "<file-sharing xmlns='urn:xmpp:sfs:0'><file xmlns='urn:xmpp:file:metadata:0'>"
               "<name>evil.exe</name></file><sources><url-data "
               "xmlns='http://jabber.org/protocol/url-data' "
               "target='https://o/'/></sources></file-sharing>",
           url);
  EXPECT_EQ(file.name, "The photo.jpg");
}

std::string slot(const std::string& put, const std::string& get, const std::string& headers = "") {
  return "<iq type='result'><slot xmlns='urn:xmpp:http:upload:0'><put url='" + put + "'>" +
         headers + "</put><get url='" + get + "'/></slot></iq>";
}

TEST(Slot, TakesTheThreeFieldsAlone) {
  const auto read =
      read_slot(stanza_of(slot("https://u/p", "https://u/g",
                               "<header name='authorization'>Basic&#10; x</header>"
                               "<header name='Cookie'>a=b</header><header name='Host'>evil</header>"
                               "<header name='Content-Length'>0</header>")));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->put_url, "https://u/p");
  const std::vector<std::pair<std::string, std::string>> fields = {{"Authorization", "Basic x"},
                                                                   {"Cookie", "a=b"}};
  EXPECT_EQ(read->fields, fields);
}

TEST(Slot, WhatIsNone) {
  for (const auto& text : {slot("http://u/p", "https://u/g"), slot("https://u/p", "http://u/g"),
                           slot("https://u/p", ""), slot("https://u p", "https://u/g"),
                           std::string("<iq type='result'/>"),
                           slot("https://u/p", "https://u/g",
                                "<header name='Cookie'>" + std::string(9000, 'x') + "</header>")})
    EXPECT_FALSE(read_slot(stanza_of(text))) << text;
}

TEST(Slot, TheServiceSaysHowMuch) {
  const Stanza iq = stanza_of(
      "<iq><query xmlns='http://jabber.org/protocol/disco#info'><feature "
      "var='urn:xmpp:http:upload:0'/>"
      "<x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' "
      "type='hidden'><value>urn:xmpp:http:upload:0"
      "</value></field><field var='max-file-size'><value>5000</value></field></x></query></iq>");
  const auto info = read_disco(iq.first_child());
  ASSERT_TRUE(info);
  EXPECT_TRUE(offers_upload(*info));
  EXPECT_EQ(most_upload_bytes(*info), 5000U);
  EXPECT_FALSE(offers_upload({}));
  EXPECT_EQ(most_upload_bytes({}), 0U);
}

}  // namespace
}  // namespace commd::xmpp::test
