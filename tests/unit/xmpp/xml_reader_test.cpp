#include "daemon/xmpp/xml_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <ctime>
#include <string>
#include <vector>

#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kHeader =
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
    "xmlns:stream='http://etherx.jabber.org/streams' id='i1' from='example.org' version='1.0' "
    "xml:lang='en'>";

// Everything that came of some bytes, as text: "open", the stanza's XML, "close", the
// reason of a fault.
std::vector<std::string> read(XmlReader& reader, std::string_view bytes, size_t chunk = 1 << 20) {
  std::vector<std::string> events;
  for (size_t at = 0; at < bytes.size(); at += chunk) {
    reader.push(bytes.substr(at, chunk));
    for (;;) {
      auto event = reader.next();
      if (!event) {
        events.emplace_back(reason_of(event.error()));
        return events;
      }
      if (!*event) break;
      if (std::holds_alternative<StreamOpen>(**event)) events.emplace_back("open");
      if (std::holds_alternative<StreamClose>(**event)) events.emplace_back("close");
      if (auto* stanza = std::get_if<Stanza>(&**event)) events.push_back(stanza->to_text());
    }
  }
  return events;
}

std::vector<std::string> read_new(const std::string& bytes, size_t chunk = 1 << 20) {
  XmlReader reader;
  return read(reader, bytes, chunk);
}

// What becomes of a stanza in a stream.
std::string fate(const std::string& stanza) {
  const auto events = read_new(kHeader + stanza);
  return events.empty() ? "" : events.back();
}

std::string repeat(const std::string& text, size_t times) {
  std::string all;
  for (size_t i = 0; i < times; ++i) all += text;
  return all;
}

using Events = std::vector<std::string>;

TEST(XmlReader, ReadsAStream) {
  EXPECT_EQ(
      read_new(kHeader + "<message to='a@b'><body>hi</body></message> \n<presence/>"
                         "</stream:stream>"),
      (Events{"open", "<message to=\"a@b\"><body>hi</body></message>", "<presence/>", "close"}));
}

TEST(XmlReader, ReadsTheHeader) {
  XmlReader reader;
  reader.push(kHeader);
  const auto event = reader.next();
  ASSERT_TRUE(event && *event);
  const auto& open = std::get<StreamOpen>(**event);
  EXPECT_EQ(open.name, "stream");
  EXPECT_EQ(open.ns, ns::kStreams);
  EXPECT_EQ(open.content_ns, ns::kClient);
  EXPECT_EQ(open.id, "i1");
  EXPECT_EQ(open.from, "example.org");
  EXPECT_EQ(open.version, "1.0");
  EXPECT_EQ(open.lang, "en");
  EXPECT_EQ(reader.unread(), 0U);
}

TEST(XmlReader, HowBytesAreCutChangesNothing) {
  const std::string stream =
      kHeader +
      "<message a='&lt;&#x41;\">' b=\"'&gt;\"><body xml:lang='de'>\xC3\xA4&amp;&quot;"
      "<![CDATA[<x>]]]]><![CDATA[>&]]>\r\n</body><x xmlns='y'><z/></x ></message >"
      "\n<iq/></stream:stream>";
  const auto whole = read_new(stream);
  ASSERT_EQ(whole.size(), 4U);
  EXPECT_THAT(whole[1], HasSubstr("&lt;x&gt;]]&gt;&amp;"));
  for (size_t chunk = 1; chunk < 40; ++chunk) EXPECT_EQ(read_new(stream, chunk), whole) << chunk;
}

TEST(XmlReader, NamespacesAreResolvedAndPrefixesGo) {
  XmlReader reader;
  reader.push(kHeader +
              "<stream:features><p:a xmlns:p='urn:p' p:x='1' y='2' xml:lang='fr'>t</p:a>"
              "<b xmlns=''/></stream:features>");
  reader.next();
  auto event = reader.next();
  ASSERT_TRUE(event && *event);
  const auto& features = std::get<Stanza>(**event);
  EXPECT_TRUE(features.is("features", ns::kStreams));
  const Element a = features.child("a", "urn:p");
  EXPECT_EQ(a.text(), "t");
  EXPECT_EQ(a.attribute("y"), "2");
  EXPECT_EQ(a.lang(), "fr");
  EXPECT_FALSE(a.has_attribute("x")) << "of another namespace";
  EXPECT_FALSE(a.has_attribute("p:x"));
  EXPECT_TRUE(features.child("b", ""));
}

TEST(XmlReader, WhatItReadsItReadsAgainFromWhatIsWritten) {
  const std::string stanza =
      "<message><a xmlns='u:1' q='&quot;&lt;'><b xmlns=''><c xmlns='u:1'/></b></a>"
      "<body>&lt;&amp;]]&gt;</body></message>";
  const std::string once = fate(stanza);
  EXPECT_EQ(fate(once), once);
  EXPECT_THAT(once, HasSubstr("<b xmlns=\"\">"));
}

TEST(XmlReader, RestartsForEachStream) {
  XmlReader reader;
  EXPECT_EQ(read(reader, kHeader + "<a/><b"), (Events{"open", "<a/>"}));
  EXPECT_EQ(reader.unread(), 2U);
  reader.restart();
  EXPECT_EQ(reader.unread(), 0U);
  EXPECT_EQ(read(reader, kHeader + "<c/>"), (Events{"open", "<c/>"}));
  EXPECT_EQ(read(reader, "<!"), Events{});
  EXPECT_EQ(read(reader, "D"), Events{"XML_DOCTYPE"});
  EXPECT_EQ(read(reader, "<d/>"), Events{"XML_DOCTYPE"}) << "a fault is for good";
  reader.restart();
  EXPECT_EQ(read(reader, kHeader + "<c/>"), (Events{"open", "<c/>"}));
}

TEST(XmlReader, StopsAtTheEndOfEachItem) {
  XmlReader reader;
  const std::string behind = "injected";
  reader.push(kHeader + "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>" + behind);
  ASSERT_TRUE(reader.next());
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.unread(), behind.size());
}

// ---- what is refused ---------------------------------------------------------------

TEST(XmlReader, RefusesWhatXmppForbids) {
  EXPECT_EQ(fate("<message><!-- x --></message>"), "XML_COMMENT");
  EXPECT_EQ(fate("<!-- x -->"), "XML_COMMENT");
  EXPECT_EQ(fate("<?x y?>"), "XML_INSTRUCTION");
  EXPECT_EQ(fate("<message><?x y?></message>"), "XML_INSTRUCTION");
  EXPECT_EQ(fate("<?xml version='1.0'?>"), "XML_INSTRUCTION");
  EXPECT_EQ(fate("<!DOCTYPE a>"), "XML_DOCTYPE");
  EXPECT_EQ(fate("<message><!ENTITY"), "XML_DOCTYPE");
  EXPECT_EQ(fate("<![CDATA[x]]>"), "XML_DOCTYPE") << "only inside of a stanza";
  EXPECT_EQ(fate("<message><body>&foo;</body></message>"), "XML_NOT_WELL_FORMED");
  EXPECT_EQ(fate("<message a='&foo;'/>"), "XML_NOT_WELL_FORMED");
  EXPECT_EQ(fate("text"), "XML_STRAY_TEXT");
  EXPECT_EQ(fate("&amp;"), "XML_STRAY_TEXT");
}

TEST(XmlReader, RefusesDoctypeBeforeTheStream) {
  const std::string laughs =
      "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]>"
      "<stream:stream xmlns:stream='http://etherx.jabber.org/streams' id='&b;'>";
  EXPECT_EQ(read_new(laughs), Events{"XML_DOCTYPE"});
}

TEST(XmlReader, RefusesAnUnfinishedCommentOrDoctypeAtOnce) {
  // They would grow inside the parser until their end.
  EXPECT_EQ(fate("<!-"), "XML_COMMENT");
  EXPECT_EQ(fate("<!D"), "XML_DOCTYPE");
  EXPECT_EQ(fate("<?"), "XML_INSTRUCTION");
}

TEST(XmlReader, RefusesOtherDeclarations) {
  EXPECT_EQ(read_new("<?xml version='1.1'?><a/>").back(), "XML_VERSION");
  EXPECT_EQ(read_new("<?xml version='1.0' encoding='UTF-16'?><a>").back(), "XML_ENCODING");
  EXPECT_EQ(read_new("<?xml version='1.0' encoding='ISO-8859-1'?><a>").back(), "XML_ENCODING");
  EXPECT_EQ(read_new("<?xml version='1.0' encoding='utf-8' standalone='yes'?><a>").back(), "open");
  EXPECT_EQ(read_new("<?xmlx version='1.0'?>").back(), "XML_INSTRUCTION");
  EXPECT_EQ(read_new(" <?xml version='1.0'?>").back(), "XML_INSTRUCTION");
  EXPECT_EQ(read_new("\xEF\xBB\xBF<a>").back(), "XML_STRAY_TEXT") << "a byte order mark";
  EXPECT_EQ(read_new(std::string("\xFF\xFE<\0a\0>\0", 8)).back(), "XML_STRAY_TEXT");
  EXPECT_EQ(read_new("HTTP/1.1 400 Bad Request\r\n").back(), "XML_STRAY_TEXT");
}

TEST(XmlReader, RefusesBrokenXml) {
  for (const char* broken : {"<a></b>",
                             "<a><b></a></b>",
                             "<a",
                             "< a/>",
                             "<>",
                             "<a b=c/>",
                             "<a b='1' b='2'/>",
                             "<a xmlns:p='u' xmlns:q='u' p:x='1' q:x='2'/>",
                             "<p:a/>",
                             "<a>\xff</a>",
                             "<a b='\xc3'/>",
                             "<a>\xed\xa0\x80</a>",
                             "<a>&#0;</a>",
                             "<a>&#x1f;</a>",
                             "<a xmlns:p='&#x1f;'/>",
                             "<a>]]></a>",
                             "<a>&</a>",
                             "<a>&#xffffffffffffffffffffff;</a>",
                             "<a b='<'/>",
                             "<a<b/>",
                             "<a/ >",
                             "</a>",
                             "<a xmlns:xml='x'/>",
                             "<a xmlns:x=''/>",
                             "<a>\x01</a>",
                             "<a b='1'c='2'/>"}) {
    const std::string end = fate(std::string(broken) + "</stream:stream>");
    EXPECT_THAT(end, testing::AnyOf("XML_NOT_WELL_FORMED", "XML_STRAY_TEXT")) << broken;
  }
  EXPECT_EQ(fate(std::string("<a>\0</a>", 8)), "XML_NOT_WELL_FORMED");
}

TEST(XmlReader, RefusesWhatFollowsTheStream) {
  EXPECT_EQ(read_new(kHeader + "</stream:stream> \n"), (Events{"open", "close"}));
  EXPECT_EQ(read_new(kHeader + "</stream:stream><a/>").back(), "XML_STRAY_TEXT");
  EXPECT_EQ(read_new("<stream/>"), Events{"close"}) << "opened and closed in one";
}

// ---- limits ------------------------------------------------------------------------

TEST(XmlReader, LimitsDepth) {
  const auto nested = [](size_t depth) { return repeat("<a>", depth) + repeat("</a>", depth); };
  EXPECT_THAT(fate(nested(64)), HasSubstr("<a>"));
  EXPECT_EQ(fate(nested(65)), "XML_DEPTH");
  EXPECT_EQ(fate(repeat("<a>", 64) + "<b/>"), "XML_DEPTH");
  EXPECT_EQ(fate(repeat("<a>", 100000)), "XML_DEPTH");
}

TEST(XmlReader, LimitsStanzasToTheByte) {
  const size_t limit = 256 * 1024;
  const std::string frame = "<m><b></b></m>";
  const auto stanza = [&](size_t size) {
    return "<m><b>" + std::string(size - frame.size(), 'x') + "</b></m>";
  };
  EXPECT_EQ(fate(stanza(limit)).size(), limit);
  EXPECT_EQ(fate(stanza(limit + 1)), "XML_STANZA_SIZE");
  EXPECT_EQ(fate("<m><![CDATA[" + std::string(limit, 'x')), "XML_STANZA_SIZE");
  EXPECT_EQ(read_new(kHeader + stanza(1024 * 1024), 1000).back(), "XML_STANZA_SIZE");
  // One after another are each counted anew, with any blanks between.
  EXPECT_EQ(read_new(kHeader + stanza(limit) + std::string(2 * limit, ' ') + stanza(limit)).size(),
            3U);
}

TEST(XmlReader, LimitsTags) {
  EXPECT_EQ(fate("<m a='" + std::string(64 * 1024, 'x')), "XML_TAG_SIZE");
  EXPECT_EQ(fate("</" + std::string(64 * 1024, 'x')), "XML_TAG_SIZE");
  EXPECT_EQ(read_new("<" + std::string(64 * 1024, 'x')).back(), "XML_TAG_SIZE");
  EXPECT_EQ(read_new("<?xml " + std::string(64 * 1024, 'x')).back(), "XML_TAG_SIZE");
  EXPECT_EQ(fate("<m>&" + std::string(20, 'x')), "XML_NOT_WELL_FORMED");
  EXPECT_THAT(fate("<m a='" + std::string(60 * 1024, 'x') + "'/>"), HasSubstr("xxx"));
}

TEST(XmlReader, LimitsNodes) {
  EXPECT_THAT(fate("<m>" + repeat("<a/>", 4095) + "</m>"), HasSubstr("<a/>"));
  EXPECT_EQ(fate("<m>" + repeat("<a/>", 4096) + "</m>"), "XML_NODES");
  EXPECT_EQ(fate("<m>" + repeat("<a/>t", 2048) + "</m>"), "XML_NODES") << "texts count as well";
  EXPECT_EQ(read_new(kHeader + repeat("<m><a/></m>", 5000)).size(), 5001U);
}

TEST(XmlReader, LimitsAttributes) {
  const auto element = [](int count) {
    std::string text = "<m";
    for (int i = 0; i < count; ++i) text += " a" + std::to_string(i) + "='x'";
    return text + "/>";
  };
  EXPECT_THAT(fate(element(64)), HasSubstr("a63"));
  EXPECT_EQ(fate(element(65)), "XML_ATTRIBUTES");
  EXPECT_EQ(fate(element(5000)), "XML_ATTRIBUTES");
}

// ---- cost --------------------------------------------------------------------------

// Of this thread alone, and the least of some runs: what else the machine does is not counted.
double cpu_seconds_of(const std::string& stream, size_t chunk) {
  const auto now = [] {
    std::timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  };
  double least = 1e9;
  for (int run = 0; run < 5; ++run) {
    const double begin = now();
    read_new(stream, chunk);
    least = std::min(least, now() - begin);
  }
  return least;
}

TEST(XmlReader, ATagByteByByteCostsLinearTime) {
  // Were the parser to begin anew at each byte, eight times the length would cost 64 times as much.
  const auto tag = [](size_t length) {
    return kHeader + "<m a='" + std::string(length, '>') + "'/>";
  };
  EXPECT_LT(cpu_seconds_of(tag(56 * 1024), 1), 20 * cpu_seconds_of(tag(7 * 1024), 1));
}

TEST(XmlReader, ManySiblingsCostLittle) {
  // Building them is square in libstrophe; the limit of nodes bounds it, whatever comes after.
  const auto siblings = [](size_t count) {
    return kHeader + "<m>" + repeat("<a/>", count) + "</m>";
  };
  EXPECT_LT(cpu_seconds_of(siblings(65'000), 16384), 5 * cpu_seconds_of(siblings(5'000), 16384));
}

TEST(XmlReader, NamesThatAreNewEachTimeDoNotFillTheMemory) {
  XmlReader reader;
  read(reader, kHeader);
  const auto feed = [&](int from, int count) {
    for (int i = from; i < from + count; ++i) {
      const std::string name = "n" + std::to_string(i) + std::string(900, 'x');
      const auto events = read(reader, "<" + name + " " + name + "a='1'/>");
      ASSERT_EQ(events.size(), 1U);
      ASSERT_THAT(events[0], Not(HasSubstr("XML_")));
    }
  };
  feed(0, 6000);
  const auto before = mallinfo2().uordblks;
  feed(6000, 12000);  // 22 MB of names
  EXPECT_LT(mallinfo2().uordblks, before + 10'000'000);
  EXPECT_EQ(read(reader, "<stream:features/></stream:stream>").size(), 2U)
      << "the namespaces of the header still hold";
}

TEST(XmlFault, EachHasReasonConditionAndWords) {
  for (int i = 0; i <= static_cast<int>(XmlFault::attributes); ++i) {
    const auto fault = static_cast<XmlFault>(i);
    EXPECT_THAT(to_error(fault).reason, testing::StartsWith("XML_"));
    EXPECT_FALSE(std::string(stream_condition_of(fault)).empty());
    EXPECT_THAT(to_error(fault).message, HasSubstr("the server sent "));
  }
  EXPECT_EQ(stream_error_text("restricted-xml"),
            "<stream:error><restricted-xml xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
            "</stream:error></stream:stream>");
}

}  // namespace
}  // namespace commd::xmpp
