#include "daemon/xmpp/roster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "daemon/xmpp/namespaces.h"
#include "daemon/xmpp/xml_reader.h"
#include "tests/unit/xmpp/stanza_of.h"

namespace commd::xmpp {
namespace {

using test::stanza_of;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const Jid kMe = *Jid::parse("me@example.org");
const std::string kOpen =
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";

std::string item(const std::string& jid, const std::string& more = "",
                 const std::string& inside = "") {
  return "<item jid='" + jid + "' subscription='both' " + more + ">" + inside + "</item>";
}
std::string roster(const std::string& id, const std::string& items,
                   const std::string& more = "type='result'") {
  return "<iq id='" + id + "' " + more + "><query xmlns='jabber:iq:roster'>" + items +
         "</query></iq>";
}

// ---- the list ------------------------------------------------------------------------

class RosterList : public testing::Test {
 protected:
  void SetUp() override { id_ = roster_.request(Roster::Wish::whole).id(); }
  Roster::Taken take(const std::string& text) { return roster_.take(stanza_of(text)); }
  std::vector<std::string> people() const {
    std::vector<std::string> all;
    for (const auto& [jid, each] : roster_.items()) all.push_back(jid.str());
    return all;
  }
  Roster roster_{kMe};
  std::string id_;
};

TEST_F(RosterList, ReadsNamesGroupsAndWhoWasAsked) {
  const auto taken =
      take(roster(id_,
                  "<item jid='Bob@example.org/x' name='Bob' ask='subscribe'><group>Work</group>"
                  "<group>Friends</group><group>Work</group><group/></item>"));
  EXPECT_TRUE(taken.ours);
  EXPECT_TRUE(taken.complete);
  EXPECT_FALSE(taken.reply);
  ASSERT_THAT(people(), ElementsAre("bob@example.org"));
  const RosterItem& bob = roster_.items().begin()->second;
  EXPECT_EQ(bob.name, "Bob");
  EXPECT_THAT(bob.groups, ElementsAre("Friends", "Work"));
  EXPECT_EQ(bob.subscription, Subscription::none);
  EXPECT_TRUE(bob.asked);
}

TEST_F(RosterList, ChangesAreTakenFromTheOwnServerAlone) {
  take(roster(id_, item("bob@example.org")));
  for (const char* from : {"from='eve@example.org'", "from='example.org'",
                           "from='me@example.org/other'", "from='me@example.net'"}) {
    const auto taken =
        take(roster("p", item("eve@example.org"), std::string("type='set' ") + from));
    EXPECT_FALSE(taken.ours) << from;
  }
  EXPECT_THAT(people(), ElementsAre("bob@example.org"));
  const auto taken =
      take(roster("p", item("carol@example.org"), "type='set' from='me@example.org'"));
  ASSERT_TRUE(taken.reply);
  EXPECT_EQ(taken.reply->type(), "result");
  EXPECT_THAT(taken.changed, SizeIs(1));
  EXPECT_TRUE(
      take(roster("p", "<item jid='bob@example.org' subscription='remove'/>", "type='set'")).ours);
  EXPECT_THAT(people(), ElementsAre("carol@example.org"));
}

TEST_F(RosterList, AnAnswerThatWasNotAskedForCountsForNothing) {
  EXPECT_FALSE(take(roster("other", item("eve@example.org"))).ours);
  EXPECT_FALSE(roster_.take_part(stanza_of(roster("other", item("eve@example.org")))).ours);
  EXPECT_FALSE(
      roster_
          .take_part(stanza_of(roster(id_, item("eve@x"), "type='result' from='eve@example.org'")))
          .ours);
  EXPECT_THAT(people(), IsEmpty());
}

TEST_F(RosterList, PartsAreOneList) {
  take(roster(id_, item("old@example.org")));
  id_ = roster_.request(Roster::Wish::whole).id();
  const auto first = roster_.take_part(stanza_of(roster(id_, item("a@example.org"))));
  EXPECT_FALSE(first.complete);
  EXPECT_THAT(first.changed, SizeIs(1));
  roster_.take_part(stanza_of(roster(id_, item("b@example.org"))));
  EXPECT_TRUE(take(roster(id_, item("c@example.org"))).complete);
  EXPECT_THAT(people(), ElementsAre("a@example.org", "b@example.org", "c@example.org"));
}

// ---- its version (RFC 6121 section 2.6) -------------------------------------------------

class VersionedRoster : public RosterList {
 protected:
  void SetUp() override { ask(); }
  void ask() { id_ = roster_.request(Roster::Wish::changed).id(); }
  static std::string versioned(const std::string& id, const std::string& version,
                               const std::string& items,
                               const std::string& type = "type='result'") {
    return "<iq id='" + id + "' " + type + "><query xmlns='jabber:iq:roster' ver='" + version +
           "'>" + items + "</query></iq>";
  }
  std::string unchanged() const { return "<iq type='result' id='" + id_ + "'/>"; }
};

TEST_F(VersionedRoster, AsksForWhatHasChangedSinceTheVersionItHas) {
  EXPECT_THAT(roster_.request(Roster::Wish::changed).to_text(), testing::HasSubstr(" ver=\"\""));
  ask();
  EXPECT_TRUE(take(versioned(id_, "v1", item("bob@example.org"))).complete);
  EXPECT_EQ(roster_.version(), "v1");
  const Stanza next = roster_.request(Roster::Wish::changed);
  EXPECT_THAT(next.to_text(), testing::HasSubstr("ver=\"v1\""));
  id_ = next.id();
  const auto taken = take(unchanged());
  EXPECT_TRUE(taken.unchanged);
  EXPECT_FALSE(taken.complete);
  EXPECT_THAT(people(), ElementsAre("bob@example.org"));
  EXPECT_FALSE(take(unchanged()).ours) << "answered once";
}

TEST_F(VersionedRoster, ChangesCarryTheNextVersion) {
  take(versioned(id_, "v1", item("bob@example.org")));
  take(versioned("p", "v2", item("carol@example.org"), "type='set'"));
  EXPECT_EQ(roster_.version(), "v2");
  take(versioned("p", "v3", item("eve@example.org"), "type='set' from='eve@example.org'"));
  EXPECT_EQ(roster_.version(), "v2") << "somebody else's";
}

TEST_F(VersionedRoster, NothingIsUnchangedThatIsNotKnown) {
  EXPECT_TRUE(take(unchanged()).complete) << "an empty list";
  roster_.restore({{*Jid::parse("bob@example.org"), {}}}, "v1");
  id_ = roster_.request(Roster::Wish::whole).id();
  EXPECT_TRUE(take(unchanged()).complete) << "the version was not said";
  EXPECT_THAT(people(), IsEmpty());
}

TEST_F(VersionedRoster, AListThatIsNotWholeHasNone) {
  roster_.restore({{*Jid::parse("bob@example.org"), {}}}, "v1");
  ask();
  roster_.take_part(stanza_of(versioned(id_, "v2", item("a@example.org"))));
  EXPECT_EQ(roster_.version(), "");
  EXPECT_THAT(roster_.request(Roster::Wish::changed).to_text(), testing::HasSubstr("ver=\"\""));
}

TEST_F(VersionedRoster, ANameThatIsTooLongIsNone) {
  take(versioned(id_, std::string(Roster::most_version_bytes + 1, 'v'), ""));
  EXPECT_EQ(roster_.version(), "");
}

TEST_F(RosterList, RequestsSayWhatIsWanted) {
  const std::string text =
      Roster::set_request(*Jid::parse("bob@example.org/x"), "B<b", {"A", "B"}).to_text();
  EXPECT_THAT(text, testing::HasSubstr("jid=\"bob@example.org\""));
  EXPECT_THAT(text, testing::HasSubstr("name=\"B&lt;b\""));
  EXPECT_THAT(text, testing::HasSubstr("<group>A</group><group>B</group>"));
}

// ---- its way through the reader --------------------------------------------------------

struct Came {
  std::vector<size_t> parts;  // entries of each
  std::vector<std::string> people;
  std::string end;  // the last stanza's name, or the fault
  size_t largest = 0;
};

Came read(const std::string& bytes, size_t chunk, const XmlLimits& limits = {}, bool allow = true) {
  XmlReader reader(limits);
  Came came;
  reader.push(kOpen);
  static_cast<void>(reader.next());
  if (allow) reader.allow_roster();
  const auto count = [&](const Element& iq) {
    size_t entries = 0;
    for (const Element each : iq.child("query", ns::kRoster)) {
      came.people.emplace_back(each.attribute("jid"));
      ++entries;
    }
    EXPECT_EQ(iq.id(), "r1");
    EXPECT_EQ(iq.child("query", ns::kRoster).attribute("ver"), "v1");
    return entries;
  };
  for (size_t at = 0; at < bytes.size(); at += chunk) {
    reader.push(std::string_view(bytes).substr(at, chunk));
    while (true) {
      auto event = reader.next();
      if (!event) {
        came.end = reason_of(event.error());
        return came;
      }
      if (!*event) break;
      if (const auto* part = std::get_if<StanzaPart>(&**event))
        came.parts.push_back(count(part->stanza));
      if (const auto* whole = std::get_if<Stanza>(&**event)) {
        if (whole->is("iq", ns::kClient)) count(*whole);
        came.end = whole->name();
      }
    }
  }
  return came;
}

std::string big(int people, const std::string& inside = "<group>Friends</group>") {
  std::string items;
  for (int i = 0; i < people; ++i)
    items += item("person" + std::to_string(i) + "@example.org", "name='P'", inside) + "\n";
  return "<iq type='result' id='r1' to='me@example.org/x'><query xmlns='jabber:iq:roster' "
         "ver='v1'>" +
         items + "</query></iq>";
}

TEST(RosterParts, TenThousandComeInPartsHoweverTheyAreCut) {
  const std::string bytes = big(10'000) + "<presence/>";
  for (const size_t chunk : {size_t{1} << 24, size_t{16384}, size_t{1000}, size_t{7}}) {
    const Came came = read(bytes, chunk);
    EXPECT_EQ(came.end, "presence") << chunk;
    ASSERT_THAT(came.people, SizeIs(10'000)) << chunk;
    for (size_t i = 0; i < came.people.size(); ++i)
      ASSERT_EQ(came.people[i], "person" + std::to_string(i) + "@example.org");
    EXPECT_GT(came.parts.size(), 100U);
    for (const size_t entries : came.parts) EXPECT_LE(entries, 64U);
  }
}

TEST(RosterParts, SmallOnesComeWhole) {
  const Came came = read(big(40), 100);
  EXPECT_THAT(came.parts, IsEmpty());
  EXPECT_THAT(came.people, SizeIs(40));
}

TEST(RosterParts, AreBounded) {
  EXPECT_EQ(read(big(20'001), 16384).end, "XML_NODES");
  EXPECT_EQ(read(big(20'000), 16384).end, "iq");
  // One entry is no larger than a stanza may be.
  EXPECT_EQ(read(big(1, "<group>" + std::string(300'000, 'x') + "</group>"), 16384).end,
            "XML_STANZA_SIZE");
  std::string nodes;
  for (int i = 0; i < 5000; ++i) nodes += "<group/>";
  EXPECT_EQ(read(big(1, nodes), 16384).end, "XML_NODES");
  // Nor are all of them together without end.
  EXPECT_EQ(read(big(100, "<group>" + std::string(200'000, 'x') + "</group>"), 16384).end,
            "XML_STANZA_SIZE");
}

TEST(RosterParts, NothingElseMayBeSoLarge) {
  EXPECT_EQ(read(big(10'000), 16384, {}, false).end, "XML_NODES");
  std::string other = big(10'000);
  other.replace(other.find("jabber:iq:roster"), 16, "jabber:iq:rostes");
  EXPECT_EQ(read(other, 16384).end, "XML_NODES");
  std::string push = big(10'000);
  push.replace(push.find("'result'"), 8, "'set'");
  EXPECT_EQ(read(push, 16384).end, "XML_NODES");
}

TEST(RosterParts, LargeEntriesMakeSmallParts) {
  const Came came = read(big(200, "<group>" + std::string(20'000, 'x') + "</group>"), 16384);
  EXPECT_EQ(came.end, "iq");
  EXPECT_THAT(came.people, SizeIs(200));
  for (const size_t entries : came.parts) EXPECT_LE(entries, 4U);
}

}  // namespace
}  // namespace commd::xmpp
