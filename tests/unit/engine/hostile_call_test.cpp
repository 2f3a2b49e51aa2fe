// Calls among strangers: forks, injected packets, translators, exhaustion, leaks.
#include <dirent.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "media/codec/wav.h"
#include "media/engine/audio_members.h"
#include "media/engine/private_file.h"
#include "media/rtp/packet.h"
#include "media/zrtp/packet.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/engine/engine_fixture.h"

namespace commd::engine {
namespace {

// A peer made by hand: one socket that sends what the test says.
class Stranger {
 public:
  explicit Stranger(const std::string& ip = "127.0.0.1") {
    fd_.reset(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const auto any = *SocketAddress::parse(ip, 0);
    EXPECT_EQ(::bind(fd_.get(), any.data(), any.size()), 0);
    timeval limit{10, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    socklen_t size = SocketAddress::capacity;
    ::getsockname(fd_.get(), address_.writable(), &size);
  }
  const SocketAddress& address() const { return address_; }

  void send(const SocketAddress& to, std::span<const uint8_t> bytes) const {
    ::sendto(fd_.get(), bytes.data(), bytes.size(), 0, to.data(), to.size());
  }
  // 20 ms of loud PCMU.
  void send_rtp(const SocketAddress& to, uint16_t sequence, uint32_t ssrc = 7,
                uint8_t payload_type = 0) const {
    std::array<uint8_t, 200> packet{};
    std::vector<uint8_t> payload(160, 0x80);
    for (size_t i = 0; i < payload.size(); i += 2) payload[i] = 0x00;
    rtp::RtpHeader header;
    header.sequence = sequence;
    header.timestamp = sequence * 160U;
    header.ssrc = ssrc;
    header.payload_type = payload_type;
    send(to, std::span(packet).first(rtp::write_packet(packet, header, {}, payload)));
  }
  // True when a datagram came within the socket's deadline.
  bool receives() const {
    std::array<uint8_t, 2048> buffer{};
    return ::recv(fd_.get(), buffer.data(), buffer.size(), 0) > 0;
  }

 private:
  base::UniqueFd fd_;
  SocketAddress address_;
};

class HostileCallTest : public EngineTest {
 protected:
  // A session that has answered a peer at this address.
  void answer_peer(const SocketAddress& peer, model::Latch latch = model::Latch::automatic,
                   const std::string& signalling = "127.0.0.1") {
    auto settings = config();
    settings.capture = tone(440);
    settings.playback = ear("a");
    settings.latch = latch;
    settings.signalling_peer_ip = signalling;
    a_ = engine_->open("a", settings, events_a_);
    model::SessionDescription offered;
    offered.streams.resize(1);
    auto& stream = offered.streams[0];
    stream.transport.rtp = {peer.ip(), peer.port()};
    stream.transport.rtcp_mux = true;
    stream.formats.resize(1);
    stream.formats[0].name = "PCMU";
    stream.formats[0].clock_rate = 8000;
    const auto answered = answer(*a_, offered);
    ASSERT_TRUE(answered) << answered.error().message;
    ours_ = *SocketAddress::from(answered->streams[0].transport.rtp);
    // The answer is on its way to the worker; its first statistics come after it.
    stats(*a_);
  }
  SocketAddress ours_;
};

TEST_F(HostileCallTest, InjectedPacketsAreCountedAndNeverHeard) {
  open_talkers(config());
  connect();
  ASSERT_TRUE(wait([&] { return devices_.ear("a").hears(1000) && devices_.ear("b").hears(440); }));
  const Stranger stranger;
  const auto before = stats(*a_);
  const auto target = [&] {
    const size_t colon = before.local_address.rfind(':');
    return *SocketAddress::parse(
        "127.0.0.1", static_cast<uint16_t>(std::stoi(before.local_address.substr(colon + 1))));
  }();
  for (uint16_t i = 0; i < 200; ++i) stranger.send_rtp(target, i, before.received.ssrc);
  ASSERT_TRUE(wait([&] { return stats(*a_).packets_rejected >= 150; }));
  devices_.ear("a").forget();
  EXPECT_TRUE(wait([&] { return devices_.ear("a").hears(1000); }));
  EXPECT_EQ(stats(*a_).received.ssrc, before.received.ssrc);
  EXPECT_EQ(stats(*a_).remote_address, before.remote_address);
}

TEST_F(HostileCallTest, GarbageDoesNotDeafen) {
  const Stranger peer;
  answer_peer(peer.address());
  const std::vector<std::vector<uint8_t>> garbage = {
      {},
      {0},
      {0x80},
      std::vector<uint8_t>(12, 0xff),
      std::vector<uint8_t>(2048, 0x80),
      std::vector<uint8_t>(3000, 0x80),
      {0x80, 200, 0, 6},
      {0x81, 203, 0xff, 0xff, 1, 2, 3, 4},
      {0x9f, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7},
      {0x90, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0xff, 0xff}};
  for (int round = 0; round < 3; ++round)
    for (const auto& bytes : garbage) peer.send(ours_, bytes);
  for (uint16_t i = 0; i < 5; ++i) peer.send_rtp(ours_, i);
  EXPECT_TRUE(wait([&] { return !events_a_.flowing.empty(); }));
}

TEST_F(HostileCallTest, ASwitchedSourceIsHeardFromTheSameAddress) {
  const Stranger peer;
  answer_peer(peer.address());
  for (uint16_t i = 0; i < 5; ++i) peer.send_rtp(ours_, i, 1);
  ASSERT_TRUE(wait([&] { return stats(*a_).received.ssrc == 1; }));
  for (uint16_t i = 900; i < 905; ++i) peer.send_rtp(ours_, i, 2);
  EXPECT_TRUE(wait([&] { return stats(*a_).received.ssrc == 2; }));
}

TEST_F(HostileCallTest, APrivatePeerIsFoundBehindItsTranslator) {
  const Stranger described;
  const Stranger translator;
  answer_peer(described.address());
  for (uint16_t i = 0; i < 3; ++i) translator.send_rtp(ours_, i);
  ASSERT_TRUE(wait([&] { return stats(*a_).remote_address == translator.address().to_string(); }));
  EXPECT_TRUE(translator.receives()) << "and is answered there";
  const Stranger thief;
  for (uint16_t i = 0; i < 10; ++i) thief.send_rtp(ours_, i);
  ASSERT_TRUE(wait([&] { return stats(*a_).packets_rejected >= 10; }));
  EXPECT_EQ(stats(*a_).remote_address, translator.address().to_string()) << "once";
}

TEST_F(HostileCallTest, WithLatchOffNobodyMoves) {
  const Stranger described;
  const Stranger translator;
  answer_peer(described.address(), model::Latch::off);
  for (uint16_t i = 0; i < 10; ++i) translator.send_rtp(ours_, i);
  ASSERT_TRUE(wait([&] { return stats(*a_).packets_rejected >= 10; }));
  EXPECT_EQ(stats(*a_).remote_address, described.address().to_string());
}

TEST_F(HostileCallTest, WhyNothingIsHeardIsKnown) {
  const Stranger peer;
  const Stranger elsewhere;
  answer_peer(peer.address(), model::Latch::off);
  a_->transmit(ports::Transmit::live);
  for (uint16_t i = 0; i < 10; ++i) {
    peer.send_rtp(ours_, i, 7, 18);
    elsewhere.send_rtp(ours_, i);
  }
  ASSERT_TRUE(wait([&] {
    const auto seen = stats(*a_).evidence;
    return seen.unknown_format >= 10 && seen.elsewhere >= 10;
  }));
  EXPECT_TRUE(wait([&] { return stats(*a_).evidence.first_sent > base::Duration::zero(); }));
  const auto seen = stats(*a_).evidence;
  EXPECT_EQ(seen.unknown_payload_type, 18U);
  EXPECT_EQ(seen.elsewhere_address, elsewhere.address().to_string());
  EXPECT_EQ(seen.undecipherable, 0U);
  EXPECT_LT(seen.first_received, base::Duration::zero());
  EXPECT_EQ(seen.reports, 0U);
  for (uint16_t i = 0; i < 10; ++i) peer.send_rtp(ours_, i);
  EXPECT_TRUE(wait([&] {
    const auto now = stats(*a_).evidence;
    return now.first_received >= base::Duration::zero() && now.received_peak_dbov > -30 &&
           now.sent_peak_dbov > -30;
  }));
}

TEST_F(HostileCallTest, ForkedBranchesTheNewestThatSpeaksIsHeard) {
  auto settings = config();
  settings.capture = tone(440);
  settings.playback = ear("a");
  a_ = engine_->open("a", settings, events_a_);
  const auto offered = offer(*a_);
  ASSERT_TRUE(offered);
  NotedEvents events;
  std::map<std::string, std::unique_ptr<ports::MediaSession>> branches;
  for (const auto& [name, hz] : std::map<std::string, double>{{"x", 1000}, {"y", 2000}}) {
    settings.capture = tone(hz);
    settings.playback = ear(name);
    branches[name] = engine_->open(name, settings, events);
    const auto answered = answer(*branches[name], *offered);
    ASSERT_TRUE(answered);
    ASSERT_TRUE(apply(*a_, name, *answered));
  }
  branches["x"]->transmit(ports::Transmit::live);
  ASSERT_TRUE(wait([&] { return events_a_.flowing.size() == 2; })) << "silence is media too";
  const std::string heard = events_a_.flowing.back();
  const std::string other = heard == "x" ? "y" : "x";
  branches["y"]->transmit(ports::Transmit::live);
  EXPECT_TRUE(wait([&] { return devices_.ear("a").hears(heard == "x" ? 1000 : 2000); }));
  EXPECT_LT(devices_.ear("a").amplitude(heard == "x" ? 2000 : 1000), 500);

  a_->choose_branch(model::BranchId(other));
  a_->transmit(ports::Transmit::live);
  EXPECT_TRUE(wait([&] {
    return devices_.ear("a").hears(other == "x" ? 1000 : 2000) && devices_.ear(other).hears(440);
  }));
  devices_.ear(heard).forget();
  EXPECT_FALSE(devices_.ear(heard).hears(440)) << "the other branch is dropped";
}

TEST_F(HostileCallTest, ForkedBranchesWithKeysOfTheirOwn) {
  auto settings = config();
  settings.encryption = model::Encryption::required;
  settings.playback = ear("a");
  a_ = engine_->open("a", settings, events_a_);
  const auto offered = offer(*a_);
  ASSERT_TRUE(offered);
  NotedEvents events;
  std::vector<std::unique_ptr<ports::MediaSession>> branches;
  for (const double hz : {1000.0, 2000.0}) {
    settings.capture = tone(hz);
    settings.playback.kind = model::AudioSink::Kind::none;
    branches.push_back(engine_->open("branch", settings, events));
    const auto answered = answer(*branches.back(), *offered);
    ASSERT_TRUE(answered);
    ASSERT_TRUE(apply(*a_, std::to_string(branches.size()), *answered));
    branches.back()->transmit(ports::Transmit::live);
  }
  ASSERT_TRUE(wait([&] { return events_a_.flowing.size() == 2; }));
  a_->choose_branch(model::BranchId("1"));
  EXPECT_TRUE(wait([&] { return devices_.ear("a").hears(1000); }));
  EXPECT_EQ(events_a_.security.level, model::SecurityLevel::encrypted);
}

// Its keys fail at once each time: it says our own name.
TEST_F(HostileCallTest, WhoStandsInForTheOneWhoAnswersIsNoJudgeOfIt) {
  auto settings = config();
  settings.encryption = model::Encryption::preferred;
  for (auto [session, name, events] :
       {std::tuple{&a_, 'a', &events_a_}, std::tuple{&b_, 'b', &events_b_}}) {
    auto memory = std::make_shared<model::ZrtpMemory>();
    memory->zid.assign(24, name);
    settings.zrtp = memory;
    settings.capture = tone(name == 'a' ? 440 : 1000);
    settings.playback = ear({name});
    *session = engine_->open({name}, settings, *events);
  }
  const auto offered = offer(*a_);
  ASSERT_TRUE(offered);
  const auto answered = answer(*b_, *offered);
  ASSERT_TRUE(answered);

  const Stranger stranger;
  const auto target = *SocketAddress::from(offered->streams[0].transport.rtp);
  zrtp::Zid ours;
  ours.fill(0xAA);
  const zrtp::OwnHello hello(ours);
  auto early = *answered;
  early.streams[0].transport.rtp = {stranger.address().ip(), stranger.address().port()};
  early.streams[0].transport.zrtp_hash = hello.signalled();
  ASSERT_TRUE(apply(*a_, "early", early));
  const auto fails = [&] {
    stranger.send(target, zrtp::write_packet(1, 1, hello.message()));
    // One for what came before, one for what came with it.
    stats(*a_);
    stats(*a_);
  };
  fails();
  a_->choose_branch(model::BranchId("b"));
  stats(*a_);
  fails();
  EXPECT_TRUE(events_a_.failures.empty());
  ASSERT_TRUE(apply(*a_, "b", *answered));
  a_->transmit(ports::Transmit::live);
  b_->transmit(ports::Transmit::live);
  EXPECT_TRUE(wait([&] { return devices_.ear("a").hears(1000) && devices_.ear("b").hears(440); }));
  EXPECT_TRUE(events_a_.failures.empty());
}

TEST_F(HostileCallTest, ExhaustedPortsAreAnError) {
  a_.reset();
  const Stranger probe;
  uint16_t first = static_cast<uint16_t>(std::min<uint16_t>(probe.address().port(), 65000) & ~1);
  options_.rtp_ports = {first, static_cast<uint16_t>(first + 3)};
  make_engine();
  std::vector<std::unique_ptr<ports::MediaSession>> sessions;
  for (int i = 0; i < 3; ++i) sessions.push_back(engine_->open("x", config(), events_a_));
  size_t exhausted = 0;
  for (const auto& session : sessions) {
    const auto offered = offer(*session);
    if (!offered && offered.error().code == base::Code::resource_exhausted) ++exhausted;
  }
  EXPECT_GE(exhausted, 1U);
  sessions.clear();
  a_ = engine_->open("x", config(), events_a_);
  EXPECT_TRUE(offer(*a_)) << "ports come back";
}

TEST_F(HostileCallTest, AcceptableSaysWhatAnswerDoes) {
  auto settings = config();
  settings.encryption = model::Encryption::required;
  model::SessionDescription offered;
  offered.streams.resize(1);
  offered.streams[0].transport.rtp = {"127.0.0.1", 40000};
  offered.streams[0].formats.resize(1);
  offered.streams[0].formats[0].name = "PCMU";
  offered.streams[0].formats[0].clock_rate = 8000;
  EXPECT_EQ(engine_->acceptable(offered, settings).error().reason, "ENCRYPTION_REQUIRED");
  EXPECT_TRUE(engine_->acceptable(offered, config()));
  a_ = engine_->open("a", settings, events_a_);
  EXPECT_EQ(answer(*a_, offered).error().reason, "ENCRYPTION_REQUIRED");
}

class FileCallTest : public EngineTest {
 protected:
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  std::vector<int16_t> read(const std::string& name) const {
    auto fd = open_for_reading(path(name));
    if (!fd) return {};
    auto reader = codec::WavReader::open(std::move(*fd));
    std::vector<int16_t> samples(1 << 20);
    samples.resize(reader ? *reader->read(samples) : 0);
    return samples;
  }
  void write_tone(const std::string& name, double hz, double seconds) const {
    auto writer = codec::WavWriter::create(std::move(*create_private(path(name))), 16000, 1);
    ToneInput input(hz);
    std::vector<int16_t> frame(320);
    for (int i = 0; i < seconds * 50; ++i) {
      input.pull(frame);
      ASSERT_TRUE(writer->write(frame));
    }
    ASSERT_TRUE(writer->finish());
  }
  test::TempFolder folder_;
};

TEST_F(FileCallTest, AFileIsSentAndWhatComesIsWritten) {
  write_tone("voice.wav", 440, 0.6);
  auto settings = config();
  settings.capture.kind = model::AudioSource::Kind::file;
  settings.capture.name = path("voice.wav");
  a_ = engine_->open("a", settings, events_a_);
  settings.capture = no_source();
  settings.playback.kind = model::AudioSink::Kind::file;
  settings.playback.name = path("heard.wav");
  b_ = engine_->open("b", settings, events_b_);
  connect();
  ASSERT_TRUE(wait([&] { return events_a_.playbacks_finished == 1; }));
  // A digit sent now comes after the audio; the file is whole once the engine has ended.
  ASSERT_TRUE(a_->send_digits("1", 100));
  ASSERT_TRUE(wait([&] { return events_b_.digits == "1"; }));
  a_.reset();
  b_.reset();
  engine_.reset();
  const auto heard = read("heard.wav");
  double loudest = 0;
  for (size_t at = 0; at + 1600 <= heard.size(); at += 800)
    loudest =
        std::max(loudest, codec::tone_amplitude(std::span(heard).subspan(at, 1600), 8000, 440));
  EXPECT_GT(loudest, 12000);
}

TEST_F(FileCallTest, AMissingSourceIsToldAndTheCallLives) {
  auto settings = config();
  settings.capture.kind = model::AudioSource::Kind::file;
  settings.capture.name = path("none.wav");
  a_ = engine_->open("a", settings, events_a_);
  b_ = engine_->open("b", config(), events_b_);
  connect();
  using End = ports::MediaObserver::End;
  const std::vector<std::pair<End, std::string>> missing = {{End::capture, "FILE_NOT_FOUND"}};
  EXPECT_TRUE(wait([&] { return events_a_.failed_ends == missing; }));
  EXPECT_TRUE(events_a_.failures.empty());
}

TEST_F(FileCallTest, PlayIntoTheCallAndRecordIt) {
  write_tone("music.wav", 700, 0.5);
  open_talkers(config());
  connect();
  ASSERT_TRUE(wait([&] { return devices_.ear("a").hears(1000) && devices_.ear("b").hears(440); }));
  ASSERT_TRUE(wait_done([&](auto done) { a_->record(path("call.wav"), done); }));
  ASSERT_TRUE(wait_done([&](auto done) { a_->play(path("music.wav"), done); }));
  EXPECT_TRUE(wait([&] { return devices_.ear("b").hears(700) && devices_.ear("b").hears(440); }));
  EXPECT_TRUE(wait([&] { return events_a_.playbacks_finished == 1; }));
  ASSERT_TRUE(wait_done([&](auto done) { a_->record("", done); }));
  a_.reset();
  b_.reset();
  engine_.reset();
  const auto mixed = read("call.wav");  // the reader averages left and right
  ASSERT_GT(mixed.size(), 4000U);
  double own = 0;
  double peer = 0;
  for (size_t at = 0; at + 1600 <= mixed.size(); at += 800) {
    own = std::max(own, codec::tone_amplitude(std::span(mixed).subspan(at, 1600), 8000, 440));
    peer = std::max(peer, codec::tone_amplitude(std::span(mixed).subspan(at, 1600), 8000, 1000));
  }
  EXPECT_GT(own, 6000);
  EXPECT_GT(peer, 6000);
}

TEST_F(FileCallTest, WrongPathsAreRefused) {
  a_ = engine_->open("a", config(), events_a_);
  b_ = engine_->open("b", config(), events_b_);
  EXPECT_EQ(wait_done([&](auto done) { a_->play(path("x.wav"), done); }).error().reason,
            "NO_MEDIA");
  connect();
  EXPECT_EQ(wait_done([&](auto done) { a_->play("x.wav", done); }).error().code,
            base::Code::invalid_argument);
  EXPECT_EQ(wait_done([&](auto done) { a_->record(path("x.mp3"), done); }).error().code,
            base::Code::invalid_argument);
  EXPECT_EQ(wait_done([&](auto done) { a_->record("/nonexistent/x.wav", done); }).error().reason,
            "FILE_NOT_FOUND");
}

size_t entries(const char* folder) {
  DIR* const listing = ::opendir(folder);
  size_t count = 0;
  while (::readdir(listing) != nullptr) ++count;
  ::closedir(listing);
  return count;
}

TEST_F(HostileCallTest, OpeningAndClosingLeavesNothingBehind) {
  const auto cycle = [&](int count) {
    for (int i = 0; i < count; ++i) {
      auto settings = config();
      settings.encryption = i % 2 == 0 ? model::Encryption::off : model::Encryption::required;
      a_ = engine_->open("a", settings, events_a_);
      b_ = engine_->open("b", settings, events_b_);
      connect();
      if (i % 3 == 0) core_.run_posted();
      a_.reset();
      b_.reset();
    }
    // Both workers have done what was asked of them.
    for (int worker = 0; worker < 2; ++worker) {
      a_ = engine_->open("a", config(), events_a_);
      b_ = engine_->open("b", config(), events_b_);
      connect();
      stats(*a_);
      stats(*b_);
      a_.reset();
      b_.reset();
    }
    core_.run_posted();
  };
  cycle(10);
  engine_.reset();
  const size_t threads = entries("/proc/self/task");
  const size_t descriptors = entries("/proc/self/fd");
  make_engine();
  cycle(1000);
  engine_.reset();
  EXPECT_EQ(entries("/proc/self/fd"), descriptors);
  EXPECT_EQ(entries("/proc/self/task"), threads);
}

}  // namespace
}  // namespace commd::engine
