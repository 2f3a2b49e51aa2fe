#include "daemon/xmpp/avatar_stanza.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/xmpp/crypto.h"
#include "tests/unit/xmpp/stanza_of.h"

namespace commd::xmpp {
namespace {

using test::stanza_of;
using testing::HasSubstr;

const std::string kPng = std::string("\x89PNG\r\n\x1a\n") + "a picture";
const std::string kHash = picture_hash(kPng);
const Jid kBob = *Jid::parse("bob@example.org/phone");

std::string event(const std::string& node, const std::string& inside,
                  const std::string& from = "bob@example.org", const std::string& more = "") {
  return "<message from='" + from +
         "' type='headline'><event "
         "xmlns='http://jabber.org/protocol/pubsub#event'><items node='" +
         node + "'><item id='x'>" + inside + "</item>" + more + "</items></event></message>";
}
std::string metadata(const std::string& infos) {
  return "<metadata xmlns='urn:xmpp:avatar:metadata'>" + infos + "</metadata>";
}
std::string info(const std::string& id, const std::string& more = "bytes='100'") {
  return "<info id='" + id + "' type='image/png' " + more + "/>";
}
std::optional<std::string> picture_of(const std::string& xml) {
  const auto news = read_personal_event(stanza_of(xml));
  return news ? news->picture : std::nullopt;
}
const std::string kNode = "urn:xmpp:avatar:metadata";

TEST(PersonalEvents, TellOfPictures) {
  EXPECT_EQ(picture_of(event(kNode, metadata(info(kHash)))), kHash);
  EXPECT_EQ(picture_of(event(kNode, metadata(info("DA39A3EE5E6B4B0D3255BFEF95601890AFD80709")))),
            "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(picture_of(event(kNode, metadata(""))), "") << "he has none any more";
}

TEST(PersonalEvents, OnlyABareAddressSpeaksForItself) {
  EXPECT_FALSE(picture_of(event(kNode, metadata(info(kHash)), "bob@example.org/phone")));
  EXPECT_FALSE(picture_of(event(kNode, metadata(info(kHash)), "")));
  EXPECT_FALSE(picture_of(event("other", metadata(info(kHash)))));
}

TEST(PersonalEvents, WhatShouldNotBeFetchedIsNot) {
  EXPECT_FALSE(picture_of(event(kNode, metadata(info(kHash, "bytes='999999'")))));
  EXPECT_FALSE(picture_of(event(kNode, metadata(info(kHash, "")))));
  EXPECT_FALSE(picture_of(event(kNode, metadata(info(kHash, "bytes='-1'")))));
  EXPECT_FALSE(picture_of(event(kNode, metadata(info("../../etc/passwd")))));
  EXPECT_FALSE(
      picture_of(event(kNode, metadata(info(kHash, "bytes='9' url='http://example.org/x'")))));
  EXPECT_EQ(picture_of(event(kNode, metadata(info(kHash, "bytes='9' url='http://example.org/x'") +
                                             info(kHash)))),
            kHash);
}

TEST(PersonalEvents, TellOfNicknames) {
  const std::string node = "http://jabber.org/protocol/nick";
  const auto news =
      read_personal_event(stanza_of(event(node, "<nick xmlns='" + node + "'>Bobby</nick>")));
  ASSERT_TRUE(news && news->nickname);
  EXPECT_EQ(*news->nickname, "Bobby");
  const auto long_one = read_personal_event(
      stanza_of(event(node, "<nick xmlns='" + node + "'>" + std::string(5000, 'x') + "</nick>")));
  ASSERT_TRUE(long_one && long_one->nickname);
  EXPECT_EQ(long_one->nickname->size(), 256U);
}

TEST(BusinessCards, TellOfPicturesInPresence) {
  const auto said = [](const std::string& photo, const std::string& type = "") {
    return card_picture(stanza_of("<presence" + type + "><x xmlns='vcard-temp:x:update'>" + photo +
                                  "</x></presence>"));
  };
  EXPECT_EQ(said("<photo>" + kHash + "</photo>"), kHash);
  EXPECT_EQ(said("<photo/>"), "");
  EXPECT_FALSE(said("")) << "not ready to say";
  EXPECT_FALSE(said("<photo>x</photo>"));
  EXPECT_FALSE(said("<photo>" + kHash + "</photo>", " type='unavailable'"));
}

TEST(Pictures, AreWhatTheyAreCalled) {
  const auto read = [](const std::string& payload, const std::string& hash = kHash) {
    return read_picture(stanza_of("<iq type='result'>" + payload + "</iq>"), hash);
  };
  const auto data = [](const std::string& text) {
    return "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:avatar:data'>"
           "<item id='" +
           kHash + "'><data xmlns='urn:xmpp:avatar:data'>" + text +
           "</data></item></items></pubsub>";
  };
  const auto card = [](const std::string& text) {
    return "<vCard xmlns='vcard-temp'><PHOTO><TYPE>image/gif</TYPE><BINVAL>" + text +
           "</BINVAL></PHOTO></vCard>";
  };
  const std::string good = base64_encode(kPng);
  EXPECT_EQ(read(data(good)), kPng);
  EXPECT_EQ(read(data(good.substr(0, 8) + "\n  " + good.substr(8))), kPng);
  EXPECT_EQ(read(card(good)), kPng) << "whatever its type is said to be";
  EXPECT_FALSE(read(data(good), std::string(40, '0'))) << "another one";
  const std::string script = "<svg onload='x'/>";
  EXPECT_FALSE(read(data(base64_encode(script)), picture_hash(script))) << "no picture";
  const std::string large = kPng + std::string(model::max_picture_bytes, 'x');
  EXPECT_FALSE(read(data(base64_encode(large)), picture_hash(large)));
  EXPECT_FALSE(read(data("!!!")));
  EXPECT_FALSE(read(""));
}

TEST(Pictures, AreAskedForAndPublished) {
  EXPECT_THAT(picture_request(kBob, kHash).to_text(),
              AllOf(HasSubstr("to=\"bob@example.org\""), HasSubstr("urn:xmpp:avatar:data"),
                    HasSubstr(kHash)));
  EXPECT_THAT(card_request(kBob).to_text(), HasSubstr("<vCard xmlns=\"vcard-temp\""));
  EXPECT_THAT(publish_picture(kPng).to_text(), HasSubstr(base64_encode(kPng)));
  EXPECT_THAT(publish_picture_facts(kPng).to_text(),
              AllOf(HasSubstr("bytes=\"17\""), HasSubstr("type=\"image/png\""), HasSubstr(kHash)));
  EXPECT_THAT(publish_no_picture().to_text(), HasSubstr("urn:xmpp:avatar:metadata\"/>"));
  EXPECT_THAT(publish_nickname("B<b").to_text(), HasSubstr("B&lt;b"));
}

TEST(Pictures, AreKnownByTheirFirstBytes) {
  using model::PictureKind;
  EXPECT_EQ(model::picture_kind(kPng), PictureKind::png);
  EXPECT_EQ(model::picture_kind("\xff\xd8\xff\xe0"), PictureKind::jpeg);
  EXPECT_EQ(model::picture_kind("RIFF....WEBPVP8 "), PictureKind::webp);
  EXPECT_EQ(model::picture_kind("GIF89a"), PictureKind::gif);
  for (const char* other : {"", "RIFF....WAVE", "<svg/>", "\x89PNG", "BM"})
    EXPECT_FALSE(model::picture_kind(other)) << other;
}

}  // namespace
}  // namespace commd::xmpp
