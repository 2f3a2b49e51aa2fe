#include "daemon/core/vcard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/core/csv_people.h"

namespace commd::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<std::string> addresses(const model::Person& person) {
  std::vector<std::string> all;
  for (const model::PersonAddress& each : person.addresses)
    all.push_back(each.address + (each.label.empty() ? "" : " " + each.label));
  return all;
}

TEST(VCard, OfTheFourthVersion) {
  const ImportedPeople read = read_vcards(
      "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Bob Marley\r\nN:Marley;Bob;;;\r\n"
      "ORG:Tuff Gong\\, Ltd.;Studio\r\nTEL;VALUE=uri;TYPE=\"voice,cell\":tel:+1-876-555\r\n"
      "TEL;TYPE=fax:+1876999\r\nEMAIL;TYPE=work:bob@example.org\r\n"
      "IMPP;PREF=1:xmpp:bob@Example.org\r\nIMPP:sip:bob@voice.example.org\r\nIMPP:skype:bob\r\n"
      "NOTE:One\\nTwo \r\n lines\r\nEND:VCARD\r\n");
  ASSERT_THAT(read.people, SizeIs(1));
  EXPECT_THAT(read.problems, IsEmpty());
  const model::Person& bob = read.people.front();
  EXPECT_EQ(bob.name, "Bob Marley");
  EXPECT_EQ(bob.organization, "Tuff Gong, Ltd.");
  EXPECT_EQ(bob.note, "One Two lines");
  EXPECT_THAT(addresses(bob), ElementsAre("tel:+1876555 cell", "mailto:bob@example.org work",
                                          "xmpp:bob@example.org", "sip:bob@voice.example.org"));
}

TEST(VCard, OfTheSecondVersion) {
  const ImportedPeople read = read_vcards(
      "BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=\n"
      "=C3=BCrgen\nTEL;CELL:0170 1234\nTEL;HOME;VOICE:030/5678\nX-JABBER:j@example.org\n"
      "END:VCARD\n");
  ASSERT_THAT(read.people, SizeIs(1));
  EXPECT_EQ(read.people[0].name, "J\u00fcrgen M\u00fcller");
  EXPECT_THAT(addresses(read.people[0]),
              ElementsAre("tel:01701234 cell", "tel:0305678 home", "xmpp:j@example.org"));
}

TEST(VCard, GroupsFoldingAndManyCards) {
  const ImportedPeople read = read_vcards(
      "rubbish\nBEGIN:VCARD\nitem1.EMAIL:a@exam\n ple.org\nFN:A\nEND:VCARD\n\n"
      "begin:vcard\nfn:B\nend:vcard\n");
  ASSERT_THAT(read.people, SizeIs(2));
  EXPECT_THAT(addresses(read.people[0]), ElementsAre("mailto:a@example.org"));
  EXPECT_EQ(read.people[1].name, "B");
}

TEST(VCard, TellsWhatItLeavesOut) {
  const ImportedPeople read = read_vcards(
      "BEGIN:VCARD\nFN:A\nTEL:call me\nEND:VCARD\nBEGIN:VCARD\nNOTE:nobody\nEND:VCARD\n"
      "BEGIN:VCARD\nFN:C\n");
  ASSERT_THAT(read.people, SizeIs(1));
  ASSERT_THAT(read.problems, SizeIs(3));
  EXPECT_EQ(read.problems[0].line, 3u);
  EXPECT_THAT(read.problems[0].message, HasSubstr("call me"));
  EXPECT_EQ(read.problems[1].line, 5u);
  EXPECT_THAT(read.problems[2].message, HasSubstr("END:VCARD"));
}

TEST(VCard, NoControlsAndNoForeignBytesComeIn) {
  const ImportedPeople read = read_vcards(
      "BEGIN:VCARD\nFN:\x1b[31mJ\xfcrgen\\nX\nORG:" + std::string(5000, 'x') + "\nEND:VCARD\n");
  ASSERT_THAT(read.people, SizeIs(1));
  EXPECT_EQ(read.people[0].name, "[31mJ\u00fcrgen X");
  EXPECT_EQ(read.people[0].organization.size(), model::max_person_name_bytes);
}

ImportedPeople csv(const std::string& text) {
  const auto read = read_csv_people(text);
  EXPECT_TRUE(read) << read.error().message;
  return read ? *read : ImportedPeople();
}

TEST(Csv, OfGoogle) {
  const ImportedPeople read =
      csv("Name,Given Name,Family Name,Organization 1 - Name,E-mail 1 - Type,E-mail 1 - Value,"
          "Phone 1 - Type,Phone 1 - Value\r\n"
          "\"Marley, Bob\",Bob,Marley,\"Tuff \"\"Gong\"\"\",* Work,bob@example.org ::: "
          "b@example.net,Mobile,+1 876 555\r\n");
  ASSERT_THAT(read.people, SizeIs(1));
  EXPECT_EQ(read.people[0].name, "Marley, Bob");
  EXPECT_EQ(read.people[0].organization, "Tuff \"Gong\"");
  EXPECT_THAT(addresses(read.people[0]),
              ElementsAre("mailto:bob@example.org", "mailto:b@example.net", "tel:+1876555"));
}

TEST(Csv, OfOutlookAndThunderbird) {
  const ImportedPeople outlook =
      csv("\xEF\xBB\xBF\"First Name\";\"Last Name\";\"Company\";\"E-mail Address\";\"E-mail "
          "Display Name\";\"Mobile Phone\";\"Business Fax\"\n\"Rita\";\"M\";\"\";\"r@example.org\";"
          "\"Rita M\";\"0170 1\";\"0170 2\"\n");
  ASSERT_THAT(outlook.people, SizeIs(1));
  EXPECT_EQ(outlook.people[0].name, "Rita M");
  EXPECT_THAT(addresses(outlook.people[0]), ElementsAre("mailto:r@example.org", "tel:01701 cell"));
  const ImportedPeople bird =
      csv("First Name\tLast Name\tDisplay Name\tPrimary Email\tWork Phone\n"
          "Peter\tTosh\tPeter T.\tp@example.org\t12345\n");
  ASSERT_THAT(bird.people, SizeIs(1));
  EXPECT_EQ(bird.people[0].name, "Peter T.");
  EXPECT_THAT(addresses(bird.people[0]), ElementsAre("mailto:p@example.org", "tel:12345 work"));
}

TEST(Csv, AddressesOfAnyKind) {
  const ImportedPeople read = csv(
      "name,address,xmpp,sip,note\nA,tel:+123,a@example.org,a@voice.example.org,\"two\nlines\"\n"
      "\n,,,,\nB,sip:b@example.org,,,\n");
  ASSERT_THAT(read.people, SizeIs(2));
  EXPECT_THAT(addresses(read.people[0]),
              ElementsAre("tel:+123", "xmpp:a@example.org", "sip:a@voice.example.org"));
  EXPECT_EQ(read.people[0].note, "two lines");
  ASSERT_THAT(read.problems, SizeIs(1));
  EXPECT_EQ(read.problems[0].line, 5u) << "the lines of a cell count";
}

TEST(Csv, WantsAHeading) {
  const auto read = read_csv_people("Bob,bob@example.org\n");
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message, HasSubstr("name,address"));
  EXPECT_FALSE(read_csv_people(""));
}

}  // namespace
}  // namespace commd::core
