#include "daemon/xmpp/jid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/xmpp/stringprep.h"

namespace commd::xmpp {
namespace {

using testing::HasSubstr;

std::string normal(std::string_view text) {
  const auto jid = Jid::parse(text);
  return jid ? jid->str() : "(" + jid.error().reason + ")";
}

constexpr char kMalformed[] = "(JID_MALFORMED)";

TEST(Jid, SplitsIntoParts) {
  const Jid jid = *Jid::parse("Juliet@Example.COM/Balcony@top/2");
  EXPECT_EQ(jid.local(), "juliet");
  EXPECT_EQ(jid.domain(), "example.com");
  EXPECT_EQ(jid.resource(), "Balcony@top/2");
  EXPECT_EQ(jid.str(), "juliet@example.com/Balcony@top/2");
  EXPECT_TRUE(jid.is_full());
  EXPECT_EQ(jid.bare().str(), "juliet@example.com");
  EXPECT_TRUE(jid.bare().is_bare());
  EXPECT_EQ(jid.bare().resource(), "");
}

TEST(Jid, OfADomainAlone) {
  const Jid jid = *Jid::parse("example.com/foobar");
  EXPECT_EQ(jid.local(), "");
  EXPECT_EQ(jid.domain(), "example.com");
  EXPECT_EQ(jid.resource(), "foobar");
  EXPECT_EQ(jid.bare().str(), "example.com");
}

TEST(Jid, DefaultIsNone) {
  const Jid none;
  EXPECT_TRUE(none.empty());
  EXPECT_FALSE(none.is_bare());
  EXPECT_EQ(none.domain(), "");
  EXPECT_EQ(none.resource(), "");
  EXPECT_EQ(none.bare(), none);
}

// RFC 7622 section 3.5, where PRECIS and stringprep agree.
TEST(Jid, ExamplesOfRfc7622) {
  for (const char* valid :
       {"juliet@example.com", "juliet@example.com/foo", "juliet@example.com/foo bar",
        "juliet@example.com/foo@bar", "foo\\20bar@example.com", "fussball@example.com",
        "\xCF\x80@example.com", "king@example.com/\xE2\x99\x9A", "example.com",
        "example.com/foobar", "a.example.com/b@example.net"})
    EXPECT_EQ(normal(valid), valid);
  EXPECT_EQ(normal("\xCE\xA3@example.com/foo"), "\xCF\x83@example.com/foo");  // sigma
  for (const char* invalid : {"\"juliet\"@example.com", "foo bar@example.com", "<@example.com/>",
                              "juliet@", "/foobar", "@example.com/"})
    EXPECT_EQ(normal(invalid), kMalformed) << invalid;
}

TEST(Jid, RefusesWhatIsNoAddress) {
  for (const char* invalid :
       {"",           "@",       "/",        "a@b/",   "a@@b",           "a@b@c",
        "a@b..c",     "a@.b",    "a@-\x01",  "a@b c",  "a@b:5222",       "a'b@c",
        "a:b@c",      "a&b@c",   "a<b@c",    "a@[::1", "a@[nonsense]",   "a@[1.2.3.4]",
        "a@b/x\x01y", "a\xff@b", "a@b/\xff", "a@\xff", "a@xn--\x2d\x2d", "a@\xE2\x80\xAE.org"})
    EXPECT_EQ(normal(invalid), kMalformed) << invalid;
  EXPECT_EQ(normal(std::string_view("a@b/x\0y", 7)), kMalformed);
  EXPECT_EQ(normal(std::string_view("a\0b@c", 5)), kMalformed);
}

TEST(Jid, SaysWhatIsWrong) {
  const auto jid = Jid::parse("foo bar@example.com");
  ASSERT_FALSE(jid);
  EXPECT_EQ(jid.error().code, base::Code::invalid_argument);
  EXPECT_THAT(jid.error().message, HasSubstr("\"foo bar@example.com\""));
  EXPECT_THAT(jid.error().message, HasSubstr("before the '@'"));
}

TEST(Jid, LimitsEachPart) {
  const std::string most(1023, 'a'), more(1024, 'a');
  EXPECT_TRUE(Jid::parse(most + "@example.org/" + most));
  EXPECT_FALSE(Jid::parse(more + "@example.org"));
  EXPECT_FALSE(Jid::parse("a@example.org/" + more));
  EXPECT_TRUE(Jid::parse("a@" + std::string(63, 'd') + ".org"));
  EXPECT_FALSE(Jid::parse("a@" + std::string(64, 'd') + ".org"));
  std::string domain;
  while (domain.size() < 1100) domain += "abcdefgh.";
  EXPECT_FALSE(Jid::parse("a@" + domain + "org"));
  // U+FDFA grows 18-fold, over the limit.
  std::string growing;
  for (int i = 0; i < 100; ++i) growing += "\xEF\xB7\xBA";
  EXPECT_FALSE(Jid::parse("a@example.org/" + growing));
}

TEST(Jid, DomainsHaveOneForm) {
  EXPECT_EQ(normal("a@example.org."), "a@example.org");
  EXPECT_EQ(normal("a@xn--bcher-kva.example"),
            "a@b\xC3\xBC"
            "cher.example");
  EXPECT_EQ(normal("a@B\xC3\x9C"
                   "CHER.example"),
            "a@b\xC3\xBC"
            "cher.example");
  EXPECT_EQ(normal("a@b\xE3\x80\x82org"), "a@b.org");  // ideographic full stop
  EXPECT_EQ(normal("a@localhost"), "a@localhost");
  EXPECT_EQ(normal("a@my_host.lan"), "a@my_host.lan");
  EXPECT_EQ(normal("a@127.0.0.1"), "a@127.0.0.1");
  EXPECT_EQ(normal("a@[0:0::1]/x"), "a@[::1]/x");
}

TEST(Jid, RefusesALabelsThatNoNameHas) {
  for (const char* label : {"xn--", "xn--a", "xn--PPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPP",
                            "xn--example-", "xn--u-ccb", "xn--fass-.de", "xn--0000h"})
    EXPECT_EQ(normal(label), kMalformed) << label;
  EXPECT_EQ(normal("XN--BCHER-KVA.example"), normal("b\xC3\xBC"
                                                    "cher.example"));
}

TEST(Jid, DomainForTheWire) {
  EXPECT_EQ(Jid::parse("a@b\xC3\xBC"
                       "cher.example")
                ->ascii_domain(),
            "xn--bcher-kva.example");
  EXPECT_EQ(Jid::parse("a@fa\xC3\x9F.de")->ascii_domain(), "xn--fa-hia.de") << "not fass.de";
  EXPECT_EQ(Jid::parse("a@[::1]")->ascii_domain(), "[::1]");
}

TEST(Jid, NormalisingTwiceChangesNothing) {
  for (const char* text : {"\xE2\x85\xA3@example.com/\xE2\x85\xA3",
                           "STRA\xC3\x9F"
                           "E@example.com",
                           "a@B\xC3\x9C"
                           "CHER.example/\xEF\xBC\xA1"}) {
    const std::string once = normal(text);
    EXPECT_EQ(normal(once), once);
  }
}

TEST(Jid, ComparesAccounts) {
  const Jid a = *Jid::parse("a@example.org/1"), b = *Jid::parse("A@EXAMPLE.org/2");
  EXPECT_NE(a, b);
  EXPECT_TRUE(a.same_bare(b));
  EXPECT_EQ(a.bare(), b.bare());
  EXPECT_LT(a, b);
  EXPECT_EQ(a.with_resource("2"), b);
  EXPECT_EQ(std::hash<Jid>{}(a.bare()), std::hash<Jid>{}(b.bare()));
  // "a@b" as a local part may not pass for another account.
  EXPECT_FALSE(Jid::make("a@example.org/", "b"));
  EXPECT_FALSE(Jid::make("a", "example.org/x"));
}

// ---- XEP-0106 --------------------------------------------------------------------

TEST(JidEscape, TableOfXep0106) {
  const std::pair<const char*, const char*> pairs[] = {
      {"space cadet", "space\\20cadet"},
      {"call me \"ishmael\"", "call\\20me\\20\\22ishmael\\22"},
      {"at&t guy", "at\\26t\\20guy"},
      {"d'artagnan", "d\\27artagnan"},
      {"/.fanboy", "\\2f.fanboy"},
      {"::foo::", "\\3a\\3afoo\\3a\\3a"},
      {"<foo>", "\\3cfoo\\3e"},
      {"user@host", "user\\40host"},
      {"c:\\net", "c\\3a\\net"},
      {"c:\\\\net", "c\\3a\\\\net"},
      {"c:\\cool stuff", "c\\3a\\cool\\20stuff"},
      {"c:\\5commas", "c\\3a\\5c5commas"},
  };
  for (const auto& [plain, escaped] : pairs) {
    EXPECT_EQ(escape_local(plain), std::string(escaped));
    EXPECT_EQ(unescape_local(escaped), plain);
    EXPECT_TRUE(Jid::make(escaped, "example.com")) << escaped;
  }
  EXPECT_FALSE(escape_local(" a"));
  EXPECT_FALSE(escape_local("a "));
  EXPECT_FALSE(escape_local(""));
  EXPECT_EQ(unescape_local("\\2plus\\2is\\4"), "\\2plus\\2is\\4");
  EXPECT_EQ(unescape_local("\\4"), "\\4");
  EXPECT_EQ(unescape_local("\\"), "\\");
}

// ---- stringprep --------------------------------------------------------------------

TEST(Stringprep, ExamplesOfRfc4013) {
  EXPECT_EQ(prepare(Profile::saslprep, "I\xC2\xADX"), "IX");
  EXPECT_EQ(prepare(Profile::saslprep, "user"), "user");
  EXPECT_EQ(prepare(Profile::saslprep, "USER"), "USER");
  EXPECT_EQ(prepare(Profile::saslprep, "\xC2\xAA"), "a");
  EXPECT_EQ(prepare(Profile::saslprep, "\xE2\x85\xA8"), "IX");
  EXPECT_FALSE(prepare(Profile::saslprep, "\x07"));
  EXPECT_FALSE(prepare(Profile::saslprep, "\xD8\xA7\x31"));
}

TEST(Stringprep, BoundsWhatItTakes) {
  EXPECT_FALSE(prepare(Profile::saslprep, std::string(8193, 'a')));
  EXPECT_FALSE(prepare(Profile::saslprep, "\xC0\x80"));
  EXPECT_EQ(prepare(Profile::saslprep, ""), "");
}

}  // namespace
}  // namespace commd::xmpp
