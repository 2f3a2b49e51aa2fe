// The sessions of files where time passes: those that stall, and strangers at the door.
#include "daemon/xmpp/file_session.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "daemon/disk/sha256.h"
#include "tests/unit/xmpp/fake_network.h"
#include "tests/unit/xmpp/stanza_of.h"

namespace commd::xmpp::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kPeer = "bob@x.test/a";

// Connections that the test makes and answers.
struct FakeByteNetwork final : ByteNetwork {
  net::OperationHandle connect(const std::string& host, uint16_t, Reach reach,
                               ConnectDone done) override {
    asked.push_back(host + (reach == Reach::others ? " of others" : ""));
    connects.push_back(std::move(done));
    return nullptr;
  }
  struct Door final : Listener {
    uint16_t port() const override { return 4000; }
  };
  std::unique_ptr<Listener> listen(std::function<void(Stream)> who) override {
    came = std::move(who);
    return std::make_unique<Door>();
  }
  std::vector<std::string> addresses() override { return {"192.0.2.7"}; }

  Stream stream() {
    wires.push_back(std::make_shared<Wire>());
    return std::make_unique<FakeStream>(wires.back(), queue);
  }
  Wire& knock() {
    came(stream());
    run();
    return *wires.back();
  }
  void say(Wire& wire, std::string_view bytes) {
    ASSERT_TRUE(wire.read);
    std::exchange(wire.read, nullptr)(bytes);
    run();
  }
  void run() {
    while (!queue.empty()) {
      const auto next = std::move(queue.front());
      queue.pop_front();
      next();
    }
  }
  std::vector<std::string> asked;
  std::vector<ConnectDone> connects;
  std::function<void(Stream)> came;
  std::vector<std::shared_ptr<Wire>> wires;
  std::deque<std::function<void()>> queue;
};

class FileSessionTest : public testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/commd-files.XXXXXX";
    ASSERT_NE(mkdtemp(pattern), nullptr);
    folder = pattern;
  }
  void TearDown() override {
    session.reset();
    std::filesystem::remove_all(folder);
  }
  FileSession::Around around() {
    return {*Jid::parse("alice@x.test/c"),
            sessions,
            requests,
            ways,
            timers,
            clock,
            disk,
            [this](const Stanza& iq) { sent.push_back(iq.to_text()); }};
  }
  FileSession::Told told() {
    return {[](const ports::FileNews&) {},
            [this](ports::FileEnd end) {
              ends.push_back(end.result ? "done" : end.result.error().reason);
              last = end;
            }};
  }
  static std::string offer(const std::string& transport) {
    return "<iq type='set' id='i1' from='" + kPeer +
           "' to='alice@x.test/c'><jingle xmlns='urn:xmpp:jingle:1' action='session-initiate' "
           "sid='s1'><content creator='initiator' name='a' senders='initiator'><description "
           "xmlns='urn:xmpp:jingle:apps:file-transfer:5'><file><name>x.bin</name>"
           "<size>100</size></file></description>" +
           transport + "</content></jingle></iq>";
  }
  void take(const std::string& transport) {
    const Stanza iq = stanza_of(offer(transport));
    const auto stanza = read_jingle(iq);
    ASSERT_TRUE(stanza);
    auto offered = FileSession::read_offer(*stanza);
    ASSERT_TRUE(offered);
    session = std::make_unique<FileSession>(around(), *stanza, std::move(*offered),
                                            model::TransferId("t"), told());
    session->accept({folder + "/", {}, 0});
    acknowledge();
  }
  void ibb(const std::string& inner) {
    session->take_iq(stanza_of("<iq type='set' id='b" + std::to_string(++number) + "' from='" +
                               kPeer + "'>" + inner + "</iq>"));
  }
  // Every request of this end so far.
  void acknowledge() {
    for (const std::string& each : std::vector(sent)) {
      const size_t at = each.find(" id=\"") + 5;
      requests.take(stanza_of("<iq type='result' from='" + kPeer + "' id='" +
                              each.substr(at, each.find('"', at) - at) + "'/>"));
    }
  }
  void pass(base::Duration time) {
    const base::MonoTime end = clock.mono + time;
    while (timers.fire(end)) {
    }
    clock.mono = end;
  }

  std::string folder;
  StillClock clock;
  StillTimers timers{clock};
  std::vector<std::string> sent, ends;
  ports::FileEnd last;
  int number = 0;
  IqRequests requests{*Jid::parse("alice@x.test"), timers, [this](const Stanza& iq) {
                        sent.push_back(iq.to_text());
                        return true;
                      }};
  JingleSessions sessions{[this](const Stanza& iq) { sent.push_back(iq.to_text()); }};
  FakeByteNetwork network;
  S5bWays ways;
  FileDisk disk{[](const auto& work, const auto& then) {
    work();
    then();
  }};
  std::unique_ptr<FileSession> session;
};

TEST_F(FileSessionTest, WhatStallsIsEndedAndCanGoOn) {
  take("<transport xmlns='urn:xmpp:jingle:transports:ibb:1' block-size='4096' sid='t1'/>");
  ibb("<open xmlns='http://jabber.org/protocol/ibb' block-size='4096' sid='t1' stanza='iq'/>");
  pass(FileSession::idle_patience - 1s);
  ibb("<data xmlns='http://jabber.org/protocol/ibb' seq='0' sid='t1'>aGVsbG8=</data>");
  pass(FileSession::idle_patience - 1s);
  EXPECT_THAT(ends, IsEmpty()) << "it moved";
  pass(2s);
  EXPECT_THAT(ends, ElementsAre("FILE_STALLED"));
  EXPECT_EQ(last.result.error().code, base::Code::unavailable) << "it is paused";
  EXPECT_THAT(sent.back(), HasSubstr("<timeout"));
}

TEST_F(FileSessionTest, WhoTakesNothingIsNotWaitedForWithoutEnd) {
  std::ofstream(folder + "/big") << std::string(1 << 20, 'x');
  ways.network = &network;
  ways.listens = true;
  ports::FileOffer wish;
  wish.id = model::TransferId("t");
  wish.path = folder + "/big";
  wish.name = "big";
  wish.size = 1 << 20;
  session = std::make_unique<FileSession>(around(), *Jid::parse(kPeer), wish, told());
  session->begin();
  acknowledge();
  const Stanza mine =
      stanza_of(sent.at(0).substr(0, 3) + " from='alice@x.test/c'" + sent[0].substr(3));
  const auto offered = read_jingle(mine);
  ASSERT_TRUE(offered);
  const auto way = read_s5b(offered->contents.at(0).transport);
  ASSERT_TRUE(way);
  // He is in, and says so.
  Socks5 client(Socks5::Side::client,
                s5b_address(way->sid, *Jid::parse("alice@x.test/c"), *Jid::parse(kPeer)));
  Wire& wire = network.knock();
  network.say(wire, client.take({}));
  const std::string chosen = std::exchange(wire.sent, {});
  network.say(wire, client.take(chosen));
  const auto jingle = [&](const char* action, const std::string& inside) {
    const Stanza iq = stanza_of(
        "<iq type='set' id='i2' from='" + kPeer + "'><jingle xmlns='urn:xmpp:jingle:1' action='" +
        std::string(action) + "' sid='" + offered->sid +
        "'><content creator='initiator' name='file' senders='initiator'><description "
        "xmlns='urn:xmpp:jingle:apps:file-transfer:5'><file><name>big</name></file></description>"
        "<transport xmlns='urn:xmpp:jingle:transports:s5b:1' sid='" +
        way->sid + "'>" + inside + "</transport></content></jingle></iq>");
    session->take(*read_jingle(iq));
    network.run();
  };
  jingle("session-accept", "");
  wire.stuck = true;
  jingle("transport-info", "<candidate-used cid='" + way->candidates.at(0).cid + "'/>");
  EXPECT_THAT(wire.sent, HasSubstr("xxx")) << "it has begun";
  pass(FileSession::idle_patience - 1s);
  EXPECT_THAT(ends, IsEmpty());
  pass(2s);
  EXPECT_THAT(ends, ElementsAre("FILE_STALLED"));
}

TEST_F(FileSessionTest, WhatIsThrownAwayWaitsForWhatIsWritten) {
  std::vector<std::pair<std::function<void()>, std::function<void()>>> jobs;
  std::vector<std::string> done;
  const FileDisk pool([&](std::function<void()> work, std::function<void()> then) {
    jobs.emplace_back(std::move(work), std::move(then));
  });
  const auto alive = std::make_shared<bool>(true);
  {
    const FileDisk line = pool.one_at_a_time();
    for (const char* what : {"write", "remove"})
      line.on(
          alive, [&done, what] { return done.emplace_back(what), true; },
          [&done](bool) { done.emplace_back("told"); });
  }
  ASSERT_THAT(jobs, SizeIs(1)) << "the other waits, also when nobody holds the line any more";
  jobs[0].first();
  jobs[0].second();
  ASSERT_THAT(jobs, SizeIs(2));
  jobs[1].first();
  jobs[1].second();
  EXPECT_THAT(done, ElementsAre("write", "told", "remove", "told"));
}

// ---- SOCKS5 --------------------------------------------------------------------------------

class DoorTest : public FileSessionTest {
 protected:
  void begin(const std::string& candidates) {
    ways.network = &network;
    ways.listens = true;
    take("<transport xmlns='urn:xmpp:jingle:transports:s5b:1' sid='t1'>" + candidates +
         "</transport>");
  }
  static std::string candidate(const std::string& host) {
    return "<candidate cid='c" + host + "' host='" + host + "' port='80' jid='" + kPeer +
           "' priority='5' type='direct'/>";
  }
  size_t open() const {
    return static_cast<size_t>(std::count_if(network.wires.begin(), network.wires.end(),
                                             [](const auto& each) { return each->open; }));
  }
};

TEST_F(DoorTest, StrangersHoldItForAWhileAlone) {
  begin(candidate("192.0.2.9"));
  for (size_t i = 0; i < 3; ++i) network.knock();
  EXPECT_EQ(open(), 3U);
  pass(S5bBytes::greeting_patience - 1s);
  network.knock();
  pass(2s);
  EXPECT_EQ(open(), 1U);
}

TEST_F(DoorTest, WhoIsMeantGetsInPastAnyNumberOfStrangers) {
  begin(candidate("192.0.2.9"));
  for (size_t i = 0; i < 3 * S5bBytes::most_strangers; ++i) network.knock();
  EXPECT_EQ(open(), S5bBytes::most_strangers);
  Socks5 client(Socks5::Side::client,
                s5b_address("t1", *Jid::parse("alice@x.test/c"), *Jid::parse(kPeer)));
  Wire& wire = network.knock();
  network.say(wire, client.take({}));
  network.say(wire, client.take(std::exchange(wire.sent, {})));
  client.take(wire.sent);
  EXPECT_EQ(client.state(), Socks5::State::done);
}

TEST_F(DoorTest, APlaceThatSaysNothingIsLeftForTheNext) {
  begin(candidate("192.0.2.9") + candidate("192.0.2.10"));
  ASSERT_THAT(network.connects, SizeIs(1));
  network.connects[0](network.stream());
  network.run();
  pass(S5bBytes::greeting_patience + 1s);
  EXPECT_THAT(network.asked, ElementsAre("192.0.2.9 of others", "192.0.2.10 of others"));
}

TEST_F(DoorTest, WhoseServerIsHereMayMeetOthersHere) {
  ways.server_is_here = true;
  begin(candidate("127.0.0.1"));
  EXPECT_THAT(network.asked, ElementsAre("127.0.0.1"));
}

}  // namespace
}  // namespace commd::xmpp::test
