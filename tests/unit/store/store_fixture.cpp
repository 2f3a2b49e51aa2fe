#include "tests/unit/store/store_fixture.h"

#include <unistd.h>

#include <cstdlib>

namespace commd::store {
namespace {

base::WallTime at(int64_t nanoseconds) {
  return base::WallTime(base::WallTime::duration(nanoseconds));
}

model::AccountSettings full_settings() {
  model::AccountSettings settings;
  settings.display_name = "Alice \"A\" \\ Löwe;\nsecond line=x";
  settings.auth_user = "alice.auth";
  settings.server = "sip.example.org:5061";
  settings.transport = model::SipTransport::tls;
  settings.outbound_proxy = "sip:proxy.example.org;lr";
  settings.register_ = false;
  settings.register_expiry_s = 3601;
  settings.keepalive_s = 17;
  settings.auto_answer = model::AutoAnswer::always;
  settings.encryption = model::Encryption::required;
  settings.ice = model::Toggle::on;
  settings.codecs = {"G722", "a;b\\c", "", "line\nend"};
  settings.accept_from = model::AcceptFrom::any;
  settings.latch = model::Latch::on;
  settings.relay_only = true;
  settings.stun = "stun.example.org";
  settings.turn = "turn.example.org";
  settings.turn_username = "bob; the \\ builder";
  settings.tls_ca_file = "/etc/ca.pem";
  settings.tls_client_certificate = "/etc/client.pem";
  settings.early_send = true;
  settings.dtmf = model::DtmfMethod::info;
  settings.is_default = true;
  settings.do_not_disturb = true;
  settings.call_waiting = false;
  settings.hide_number = true;
  settings.message_waiting = false;
  settings.publish_presence = false;
  settings.zrtp = true;
  settings.forward_always = "sip:a@example.org";
  settings.forward_busy = "sip:b@example.org";
  settings.forward_no_answer = "sip:c@example.org";
  settings.ring_timeout_s = 61;
  settings.session_expires_s = 91;
  settings.listen = {"192.0.2.1:5062", "2001:db8::1"};
  settings.transfers = model::Transfers::refuse;
  settings.allow_clear_text = true;
  return settings;
}

}  // namespace

// In memory where there is such a folder: the tests are about the death of the
// process, for which fsync, slow on a disk, makes no difference.
TempFolder::TempFolder() {
  const std::filesystem::path memory = "/dev/shm";
  const bool usable = ::access(memory.c_str(), W_OK | X_OK) == 0;
  const auto parent = usable ? memory : std::filesystem::temp_directory_path();
  std::string name = (parent / "commd-store-XXXXXX").string();
  if (::mkdtemp(name.data())) path_ = name;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

model::Account full_account(const std::string& id) {
  model::Account account;
  account.id = model::AccountId(id);
  account.address = "xmpp:alice@example.org";
  account.protocol = model::Protocol::xmpp;
  account.enabled = false;
  account.has_password = true;
  account.create_time = at(1'790'000'000'123'456'789);
  account.settings = full_settings();
  return account;
}

model::Call full_call(const std::string& id) {
  model::Call call;
  call.id = model::CallId(id);
  call.account = model::AccountId("sip:alice@example.org");
  call.direction = model::CallDirection::incoming;
  call.state = model::CallState::ended;
  call.remote = {"sip:bob@example.org", std::string("Bob\0\n'; DROP TABLE call", 23)};
  call.local = {"sip:alice@example.org", "Alice"};
  call.diverted_by = "sip:boss@example.org";
  call.referred_by = "sip:carol@example.org";
  call.create_time = at(1'790'000'000'000'000'001);
  call.answer_time = at(1'790'000'001'000'000'002);
  call.end_time = at(1'790'000'002'000'000'003);
  call.end_reason = model::EndReason::internal_error;
  call.ended_by = model::EndedBy::daemon;
  call.end_detail = {486, "busy", "Besetzt \xF0\x9F\x93\x9E"};
  call.missed = true;
  call.held_local = true;
  call.held_remote = true;
  call.muted = true;
  call.recording = true;
  call.playing = true;
  call.early_media = true;
  call.codec = "opus/48000";
  call.security = {model::SecurityLevel::verified, "ZRTP", "AEAD_AES_128_GCM"};
  call.transfer = {model::TransferStatus::State::failed, "sip:dan@example.org", 603, "Decline"};
  call.waiting = true;
  call.capture = {model::AudioSource::Kind::tone, 440.5, "/tmp/a.wav", true};
  call.playback = {model::AudioSink::Kind::file, "/tmp/b.wav"};
  call.owned = true;
  call.successor = model::CallId("next");
  call.request_id = "request-1";
  return call;
}

model::Call ended_call(const std::string& id, int64_t create_seconds) {
  model::Call call;
  call.id = model::CallId(id);
  call.state = model::CallState::ended;
  call.create_time = at(create_seconds * 1'000'000'000);
  return call;
}

ports::Change event(uint64_t sequence, std::string bytes) {
  return ports::AppendEvent{sequence, std::make_shared<const std::string>(std::move(bytes))};
}

SqliteStore& StoreTest::make(Retention retention) {
  store_.reset();
  return store_.emplace(StoreOptions{state_dir(), retention}, clock_, core_.post(),
                        base::null_logger());
}

base::Result<ports::StoredState> StoreTest::try_open() { return make().open(); }

ports::StoredState StoreTest::open(Retention retention) {
  auto state = make(retention).open();
  EXPECT_TRUE(state) << state.error().message;
  return state ? *state : ports::StoredState{};
}

base::Result<void> StoreTest::commit(std::vector<ports::Change> batch) {
  std::optional<base::Result<void>> result;
  store_->commit(std::move(batch), [&](base::Result<void> r) { result = std::move(r); });
  EXPECT_TRUE(core_.run_until([&] { return result.has_value(); }));
  return *result;
}

base::Result<std::vector<model::Call>> StoreTest::calls(const ports::CallQuery& query) {
  std::optional<base::Result<std::vector<model::Call>>> result;
  store_->query_calls(query, [&](auto r) { result = std::move(r); });
  EXPECT_TRUE(core_.run_until([&] { return result.has_value(); }));
  return *result;
}

base::Result<std::vector<ports::StoredEvent>> StoreTest::events(uint64_t after, unsigned limit) {
  std::optional<base::Result<std::vector<ports::StoredEvent>>> result;
  store_->read_events(after, limit, [&](auto r) { result = std::move(r); });
  EXPECT_TRUE(core_.run_until([&] { return result.has_value(); }));
  return *result;
}

std::vector<std::string> ids(const std::vector<model::Call>& calls) {
  std::vector<std::string> list;
  for (const model::Call& call : calls) list.push_back(call.id.str());
  return list;
}

std::vector<uint64_t> sequences(const std::vector<ports::StoredEvent>& events) {
  std::vector<uint64_t> list;
  for (const ports::StoredEvent& event : events) list.push_back(event.sequence);
  return list;
}

}  // namespace commd::store
