// Files on their way: what starts them, what becomes of them, and what the next daemon knows.
#include "daemon/core/file_book.h"

#include "tests/unit/core/message_fixture.h"

namespace commd::core {
namespace {

using model::FileTransfer;
using model::TransferMethod;
using model::TransferState;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const model::AccountId kAccount(kAlice);

struct FakeFiles final : ports::Files {
  void ask_slot(ports::SlotWish wish,
                std::function<void(base::Result<ports::UploadSlot>)> done) override {
    wishes.push_back(std::move(wish));
    slots.push_back(std::move(done));
  }
  void offer(ports::FileOffer offer) override { offers.push_back(std::move(offer)); }
  void accept(const model::AccountId&, const model::TransferId& id,
              ports::FilePlace place) override {
    accepted.emplace_back(id, std::move(place));
  }
  void stop(const model::AccountId&, const model::TransferId& id) override {
    stopped.push_back(id);
  }

  std::vector<ports::SlotWish> wishes;
  std::vector<std::function<void(base::Result<ports::UploadSlot>)>> slots;
  std::vector<ports::FileOffer> offers;
  std::vector<std::pair<model::TransferId, ports::FilePlace>> accepted;
  std::vector<model::TransferId> stopped;
};

struct FakeWeb final : ports::WebFiles {
  void inspect(const std::string& path, bool with_hash,
               std::function<void(base::Result<ports::FileFacts>)> done) override {
    if (path == "/none") return done(base::fail(base::Code::not_found, "FILE_NOT_FOUND", "no"));
    done(ports::FileFacts{7, {}, "text/plain", with_hash ? std::string(32, 'h') : std::string()});
  }
  void download(ports::WebDownload what) override { downloads.push_back(std::move(what)); }
  void upload(ports::WebUpload what) override { uploads.push_back(std::move(what)); }
  void stop(const model::TransferId& id) override { stopped.push_back(id); }
  void remove_part(const std::string& path) override { removed.push_back(path); }

  std::vector<ports::WebDownload> downloads;
  std::vector<ports::WebUpload> uploads;
  std::vector<model::TransferId> stopped;
  std::vector<std::string> removed;
};

class FileBookTest : public CoreWorld {
 protected:
  void SetUp() override { start(); }
  void start() {
    CorePorts with = faked_ports();
    with.messaging = {{model::Protocol::xmpp, &messaging}};
    with.files = {{model::Protocol::xmpp, &files}};
    with.web = &web;
    CoreSettings settings;
    settings.incoming_folder = "/state/media/incoming";
    start_core(std::move(with), settings);
  }
  void add_account() {
    model::AccountSettings settings;
    settings.tls_ca_file = "/ca.pem";
    create_account(kAlice, std::move(settings));
  }
  FileBook::Done note() {
    return [this](base::Result<FileTransfer> result) {
      answers.push_back(result ? "ok" : result.error().reason);
      if (result) last = *result;
    };
  }
  void send(model::TransferRoute route = model::TransferRoute::any,
            const std::string& path = "/a.txt") {
    core->files().send({kBob, "", path, "words", route, "", ""}, note());
  }
  void get(const std::string& url) { core->files().receive({"", "", url, "/to/", 0}, note()); }
  FileTransfer now() { return *core->files().find(last.id.str()); }
  void slot() {
    files.slots.back()(ports::UploadSlot{"https://up/p", "https://up/g", {{"Cookie", "c"}}});
  }
  void slot(const std::string& reason, base::Code code) {
    files.slots.back()(base::fail(code, reason, "words"));
  }
  ports::IncomingFile offer(const std::string& id) {
    return {kAccount, model::TransferId(id), kBob, "x.bin", "", "", 100, std::string(32, 'x')};
  }

  FakeMessaging messaging;
  FakeFiles files;
  FakeWeb web;
  std::vector<std::string> answers;
  FileTransfer last;
};

TEST_F(FileBookTest, IsUploadedThenTold) {
  add_account();
  send();
  EXPECT_EQ(now().state, TransferState::waiting);
  EXPECT_THAT(files.wishes, IsEmpty()) << "before the account is online";
  core->files_ready(kAccount);
  ASSERT_THAT(files.wishes, SizeIs(1));
  EXPECT_EQ(files.wishes[0].size, 7U);
  slot();
  ASSERT_THAT(web.uploads, SizeIs(1));
  EXPECT_EQ(web.uploads[0].url, "https://up/p");
  EXPECT_EQ(web.uploads[0].ca_file, "/ca.pem");
  EXPECT_THAT(messaging.sent, IsEmpty());
  core->web_ended({last.id, {}, {last.id, 7, 7}});
  ASSERT_THAT(messaging.sent, SizeIs(1));
  EXPECT_EQ(messaging.sent[0].text, "https://up/g");
  EXPECT_EQ(messaging.sent[0].attachment.name, "a.txt");
  EXPECT_EQ(messaging.sent[0].attachment.description, "words");
  EXPECT_EQ(now().state, TransferState::done);
  EXPECT_EQ(now().message, messaging.sent[0].id);
}

TEST_F(FileBookTest, WhatTheServerDoesNotTakeGoesDirectly) {
  add_account();
  core->files_ready(kAccount);
  send();
  slot("FILE_TOO_LARGE", base::Code::resource_exhausted);
  ASSERT_THAT(files.offers, SizeIs(1));
  EXPECT_EQ(files.offers[0].sha256, std::string(32, 'h'));
  core->file_moved({last.id, TransferMethod::socks5, 3});
  EXPECT_EQ(now().state, TransferState::active);
  EXPECT_EQ(now().method, TransferMethod::socks5);
  core->file_ended({last.id, {}, {last.id, TransferMethod::socks5, 7}});
  EXPECT_EQ(now().state, TransferState::done);
  send(model::TransferRoute::server);
  slot("FILE_TOO_LARGE", base::Code::resource_exhausted);
  EXPECT_EQ(now().state, TransferState::failed);
  EXPECT_THAT(files.offers, SizeIs(1));
}

TEST_F(FileBookTest, WaitsForAnAccountThatIsGone) {
  add_account();
  core->files_ready(kAccount);
  send();
  slot("ACCOUNT_NOT_ONLINE", base::Code::failed_precondition);
  EXPECT_EQ(now().state, TransferState::waiting);
  core->files_ready(kAccount);
  EXPECT_THAT(files.wishes, SizeIs(2));
}

TEST_F(FileBookTest, WhatCannotBeSentIsSaidAtOnce) {
  send();
  add_account();
  send(model::TransferRoute::any, "/none");
  send(model::TransferRoute::any, "/folder/");
  core->files().send({kBob, "", "/a", std::string(5000, 'x')}, note());
  EXPECT_THAT(answers,
              ElementsAre("NO_ACCOUNT", "FILE_NOT_FOUND", "INVALID_ARGUMENT", "INVALID_ARGUMENT"));
  EXPECT_THAT(store.all<ports::PutTransfer>(), IsEmpty());
}

TEST_F(FileBookTest, NothingIsFetchedByItself) {
  add_account();
  ports::IncomingMessage in;
  in.account = kAccount;
  in.peer = kBob;
  in.text = "https://h.example.org/a.txt";
  in.attachment = {in.text, "a.txt", "", 9, "", ""};
  core->message_received(in);
  EXPECT_THAT(web.downloads, IsEmpty());
  std::string id;
  core->messages().list({}, [](auto) {});
  id = store.all<ports::PutMessage>().back().message.id.str();
  core->files().receive({"", id, "", "", 0}, note());
  ASSERT_THAT(web.downloads, SizeIs(1));
  EXPECT_EQ(web.downloads[0].to, "/state/media/incoming/");
  EXPECT_EQ(web.downloads[0].ca_file, "/ca.pem") << "a host of the account's own domain";
  EXPECT_FALSE(web.downloads[0].local_clear_allowed);
  EXPECT_EQ(store.all<ports::PutMessage>().back().message.attachment.transfer, last.id.str());
  core->web_ended(
      {last.id, {}, {last.id, 9, 9}, "/state/media/incoming/a (2).txt", std::string(32, '\1')});
  EXPECT_EQ(now().state, TransferState::done);
  EXPECT_EQ(now().name, "a (2).txt");
  EXPECT_EQ(now().sha256.substr(0, 4), "0101");
}

TEST_F(FileBookTest, InClearOnlyWhatIsTyped) {
  get("http://127.0.0.1:80/a");
  ASSERT_THAT(web.downloads, SizeIs(1));
  EXPECT_TRUE(web.downloads[0].local_clear_allowed);
  EXPECT_EQ(web.downloads[0].ca_file, "");
}

TEST_F(FileBookTest, ACutOneGoesOnWhereItWas) {
  get("https://x/a");
  core->web_progress({last.id, 10, 100, "a", "t/p", "/to/a.x.part", "\"e\""});
  core->web_ended({last.id,
                   base::fail(base::Code::unavailable, "CONNECTION_LOST", "w"),
                   {last.id, 50, 100, "a", "t/p", "/to/a.x.part", "\"e\""}});
  EXPECT_EQ(now().state, TransferState::paused);
  EXPECT_EQ(now().transferred, 50U);
  core->files().resume(last.id.str(), note());
  ASSERT_THAT(web.downloads, SizeIs(2));
  EXPECT_EQ(web.downloads[1].part, "/to/a.x.part");
  EXPECT_EQ(web.downloads[1].etag, "\"e\"");
  // What cannot go on leaves nothing.
  core->web_ended({last.id,
                   base::fail(base::Code::not_found, "HTTP_NOT_FOUND", "w"),
                   {last.id, 50, 100, "a", "t/p", "/to/a.x.part", "\"e\""}});
  EXPECT_EQ(now().state, TransferState::failed);
  EXPECT_THAT(web.removed, ElementsAre("/to/a.x.part"));
  EXPECT_EQ(now().part, "");
}

TEST_F(FileBookTest, TheNextDaemonKnowsWhatWasCut) {
  FileTransfer active;
  active.id = model::TransferId("active");
  active.method = TransferMethod::http;
  active.state = TransferState::active;
  active.part = "/to/a.x.part";
  FileTransfer offered = active;
  offered.id = model::TransferId("offered");
  offered.state = TransferState::offered;
  FileTransfer done = active;
  done.id = model::TransferId("done");
  done.state = TransferState::done;
  store.state.transfers = {active, offered, done};
  start();
  EXPECT_EQ(core->files().find("active")->state, TransferState::paused);
  EXPECT_EQ(core->files().find("active")->fail_reason, "DAEMON_RESTARTED");
  EXPECT_EQ(core->files().find("offered")->state, TransferState::failed);
  EXPECT_EQ(core->files().find("done")->state, TransferState::done);
  EXPECT_THAT(web.downloads, IsEmpty());
}

TEST_F(FileBookTest, AnOfferWaitsForAWord) {
  add_account();
  core->file_offered(offer("o1"));
  EXPECT_EQ(core->files().find("o1")->state, TransferState::offered);
  EXPECT_THAT(files.accepted, IsEmpty());
  core->files().receive({"o1", "", "", "", 50}, note());
  core->files().receive({"o1", "", "", "/to/", 0}, note());
  EXPECT_THAT(answers, ElementsAre("FILE_TOO_LARGE", "ok"));
  ASSERT_THAT(files.accepted, SizeIs(1));
  EXPECT_EQ(files.accepted[0].second.to, "/to/");
  core->file_offered(offer("o2"));
  core->files().reject("o2", note());
  EXPECT_EQ(now().fail_reason, "REJECTED_HERE");
  EXPECT_THAT(files.stopped, ElementsAre(model::TransferId("o2")));
  core->files().reject("o2", note());
  EXPECT_EQ(answers.back(), "TRANSFER_STATE");
}

TEST_F(FileBookTest, WhatWasWantedAndCutIsTakenWhenItIsOfferedAnew) {
  add_account();
  core->file_offered(offer("o1"));
  core->files().receive({"o1", "", "", "/to/", 0}, note());
  core->file_moved({last.id, TransferMethod::socks5, 10, "/to/x.bin.p.part"});
  core->file_ended({last.id,
                    base::fail(base::Code::unavailable, "CONNECTION_LOST", "w"),
                    {last.id, TransferMethod::socks5, 60, "/to/x.bin.p.part"}});
  EXPECT_EQ(now().state, TransferState::paused);
  core->file_offered(offer("o2"));
  ASSERT_THAT(files.accepted, SizeIs(2));
  EXPECT_EQ(files.accepted[1].second.part, "/to/x.bin.p.part");
  EXPECT_EQ(now().fail_reason, "OFFERED_ANEW");
  // Another file, or of somebody else, waits.
  auto other = offer("o3");
  other.sha256 = std::string(32, 'y');
  core->file_offered(other);
  EXPECT_THAT(files.accepted, SizeIs(2));
}

TEST_F(FileBookTest, WhatIsOfferedAnewIsTheSameOrWaits) {
  add_account();
  core->file_offered(offer("o1"));
  core->files().receive({"o1", "", "", "/to/", 0}, note());
  core->file_ended({model::TransferId("o1"),
                    base::fail(base::Code::unavailable, "CONNECTION_LOST", "w"),
                    {model::TransferId("o1"), TransferMethod::socks5, 60, "/to/x.bin.p.part"}});
  for (const uint64_t size : {uint64_t{0}, uint64_t{1} << 50}) {
    auto other = offer("size" + std::to_string(size));
    other.size = size;
    core->file_offered(other);
  }
  EXPECT_THAT(files.accepted, SizeIs(1)) << "none of another size";
}

TEST_F(FileBookTest, AnOfferThatIsLostIsOver) {
  add_account();
  core->file_offered(offer("o1"));
  core->file_ended({model::TransferId("o1"),
                    base::fail(base::Code::unavailable, "CONNECTION_LOST", "w"),
                    {model::TransferId("o1")}});
  EXPECT_EQ(core->files().find("o1")->state, TransferState::failed);
  core->file_offered(offer("o2"));
  EXPECT_EQ(core->files().find("o2")->state, TransferState::offered);
  EXPECT_THAT(files.accepted, IsEmpty());
}

TEST_F(FileBookTest, OffersAreBounded) {
  add_account();
  for (size_t i = 0; i < FileBook::most_offered + 5; ++i) {
    auto one = offer("o" + std::to_string(i));
    one.peer = "xmpp:p" + std::to_string(i) + "@example.org";
    core->file_offered(one);
  }
  EXPECT_THAT(files.stopped, SizeIs(5));
  EXPECT_THAT(*core->files().list("", "", 1000, ""), SizeIs(FileBook::most_offered));
}

TEST_F(FileBookTest, OnePersonsOffersAreBounded) {
  add_account();
  for (size_t i = 0; i < FileBook::most_offered_by_one + 3; ++i)
    core->file_offered(offer("o" + std::to_string(i)));
  EXPECT_THAT(files.stopped, SizeIs(3));
  auto other = offer("p");
  other.peer = "xmpp:carol@example.org";
  core->file_offered(other);
  EXPECT_EQ(core->files().find("p")->state, TransferState::offered) << "another person may";
  core->files().reject("o0", note());
  core->file_offered(offer("anew"));
  EXPECT_EQ(core->files().find("anew")->state, TransferState::offered);
}

TEST_F(FileBookTest, WhatHasStoppedIsForgottenWithItsPart) {
  get("https://x/a");
  const model::TransferId first = last.id;
  core->web_progress({first, 5, 10, "a", "", "/to/a.part", "e"});
  core->web_ended({first,
                   base::fail(base::Code::unavailable, "HTTP_CUT", "w"),
                   {first, 5, 10, "a", "", "/to/a.part", "e"},
                   {},
                   {}});
  ASSERT_EQ(core->files().find(first.str())->state, TransferState::paused);
  EXPECT_THAT(web.removed, IsEmpty());
  for (size_t i = 0; i < FileBook::most_kept; ++i) {
    clock.wall += std::chrono::seconds(1);
    get("https://x/a");
  }
  EXPECT_FALSE(core->files().find(first.str()));
  EXPECT_THAT(web.removed, ElementsAre("/to/a.part"));
}

TEST_F(FileBookTest, NobodyElseSendsItToThisMachine) {
  get("https://127.0.0.1/a");
  EXPECT_TRUE(web.downloads.back().local_allowed) << "a person may";
  const auto from_message = [&](const std::string& server) {
    AccountBook::Draft draft;
    draft.address = kAlice;
    draft.settings.server = server;
    core->accounts().create(std::move(draft), [](auto) {});
    ports::IncomingMessage in;
    in.account = kAccount;
    in.peer = kBob;
    in.sender = kBob + "/x";
    in.text = in.attachment.url = "https://127.0.0.1/a";
    in.remote_id = "r" + server;
    core->message_received(in);
    const auto stored = store.all<ports::PutMessage>();
    core->files().receive({"", stored.back().message.id.str(), "", "/to/", 0}, note());
    core->accounts().remove(kAccount, [](auto) {});
    return web.downloads.back().local_allowed;
  };
  EXPECT_FALSE(from_message(""));
  EXPECT_FALSE(from_message("192.0.2.1:5222"));
  EXPECT_TRUE(from_message("127.0.0.1:5222")) << "its server is here: so may be what it keeps";
}

TEST_F(FileBookTest, TheOldestAreForgotten) {
  for (size_t i = 0; i < FileBook::most_kept + 3; ++i) {
    clock.wall += std::chrono::seconds(1);
    get("https://x/a");
    core->web_ended({last.id, {}, {last.id, 1, 1}, "/to/a", ""});
  }
  const auto all = *core->files().list("", "", 2000, "");
  EXPECT_THAT(all, SizeIs(FileBook::most_kept));
  EXPECT_EQ(all.front().id, last.id) << "the newest first";
  EXPECT_THAT(store.all<ports::EraseTransfer>(), SizeIs(3));
  EXPECT_THAT(*core->files().list("", "", 2, all[1].id.str()), ElementsAre(all[2], all[3]));
}

}  // namespace
}  // namespace commd::core
