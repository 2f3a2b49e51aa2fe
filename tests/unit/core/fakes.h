// The world around the core, made of fakes: time is turned by hand, the store commits
// when told, the wire and the media record what is asked of them and answer as the
// test says.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/core.h"

namespace commd::core::fakes {

class ManualClock final : public ports::Clock {
 public:
  base::MonoTime mono_now() const override { return mono; }
  base::WallTime wall_now() const override { return wall; }
  base::MonoTime mono{std::chrono::seconds(1000)};
  base::WallTime wall{std::chrono::seconds(1'700'000'000)};
};

class ManualTimers final : public ports::Timers {
 public:
  explicit ManualTimers(ManualClock& clock) : clock_(clock) {}
  ports::TimerHandle after(base::Duration delay, std::function<void()> callback) override {
    auto entry = std::make_shared<Entry>(Entry{clock_.mono + delay, std::move(callback), true});
    entries_.push_back(entry);
    return std::make_unique<Handle>(entry);
  }
  // Lets time pass; timers fire in their order.
  void advance(base::Duration by) {
    const base::MonoTime end = clock_.mono + by;
    while (true) {
      std::shared_ptr<Entry> next;
      for (const auto& entry : entries_)
        if (entry->armed && entry->due <= end && (!next || entry->due < next->due)) next = entry;
      if (!next) break;
      clock_.wall += next->due - clock_.mono;
      clock_.mono = next->due;
      next->armed = false;
      const auto callback = next->callback;
      callback();
    }
    clock_.wall += end - clock_.mono;
    clock_.mono = end;
    std::erase_if(entries_, [](const auto& entry) { return !entry->armed; });
  }
  size_t armed() const {
    return static_cast<size_t>(
        std::count_if(entries_.begin(), entries_.end(), [](const auto& e) { return e->armed; }));
  }

 private:
  struct Entry {
    base::MonoTime due;
    std::function<void()> callback;
    bool armed;
  };
  struct Handle final : ports::Timer {
    explicit Handle(std::shared_ptr<Entry> e) : entry(std::move(e)) {}
    ~Handle() override { entry->armed = false; }
    std::shared_ptr<Entry> entry;
  };
  ManualClock& clock_;
  std::vector<std::shared_ptr<Entry>> entries_;
};

// Commits at once unless `hold` is set; then when flush() is called.
class FakeStore : public ports::Store {
 public:
  base::Result<ports::StoredState> open() override { return state; }
  void commit(std::vector<ports::Change> batch,
              std::function<void(base::Result<void>)> done) override {
    pending.push_back({std::move(batch), std::move(done)});
    if (!hold) flush();
  }
  void flush() {
    while (!pending.empty()) {
      auto [batch, done] = std::move(pending.front());
      pending.pop_front();
      if (fail) {
        done(base::fail(base::Code::unavailable, "STORE_WRITE_FAILED", "the disk is full"));
        continue;
      }
      for (ports::Change& change : batch) changes.push_back(std::move(change));
      done({});
    }
  }
  void query_calls(ports::CallQuery query,
                   std::function<void(base::Result<std::vector<model::Call>>)> done) override {
    last_query = query;
    done(logged_calls);
  }
  void query_trace(const model::CallId& call, Traced done) override {
    for (auto change = changes.rbegin(); change != changes.rend(); ++change)
      if (const auto* put = std::get_if<ports::PutTrace>(&*change); put && put->call == call)
        return done(put->steps);
    done(std::vector<model::TraceStep>{});
  }
  void query_messages(
      ports::MessageQuery query,
      std::function<void(base::Result<std::vector<model::Message>>)> done) override {
    last_message_query = query;
    if (unreadable)
      return done(base::fail(base::Code::unavailable, "STORE_READ_FAILED", "the disk fails"));
    std::vector<model::Message> found;
    for (const model::Message& each : logged_messages)
      if (fits(query, each)) found.push_back(each);
    if (hold_reads) return reads.push_back([done, found] { done(found); });
    done(std::move(found));
  }
  void query_conversations(
      ports::ConversationQuery,
      std::function<void(base::Result<std::vector<model::Conversation>>)> done) override {
    done(std::vector<model::Conversation>{});
  }
  void read_events(
      uint64_t, unsigned,
      std::function<void(base::Result<std::vector<ports::StoredEvent>>)> done) override {
    done(std::vector<ports::StoredEvent>{});
  }
  void close() override {}

  template <class T>
  std::vector<T> all() const {
    std::vector<T> found;
    for (const ports::Change& change : changes)
      if (const T* one = std::get_if<T>(&change)) found.push_back(*one);
    return found;
  }

  bool hold = false;
  bool fail = false;
  bool unreadable = false;
  bool hold_reads = false;  // messages that are asked for wait in `reads`
  std::vector<std::function<void()>> reads;
  ports::StoredState state{{}, {}, {}, {}, {}, {}, {}, "log", 0, 1};
  std::vector<ports::Change> changes;
  std::vector<model::Call> logged_calls;
  ports::CallQuery last_query;
  std::vector<model::Message> logged_messages;
  ports::MessageQuery last_message_query;

 private:
  static bool fits(const ports::MessageQuery& query, const model::Message& message) {
    const std::string& wire = message.remote_id.empty() ? message.id.str() : message.remote_id;
    return (query.peer.empty() || query.peer == message.peer) &&
           (query.account.empty() || query.account == message.account) &&
           (query.id.empty() || query.id == message.id) &&
           (query.wire_id.empty() || query.wire_id == wire) &&
           message.id.str().starts_with(query.id_prefix) &&
           (!query.unread || message.state == model::MessageState::received);
  }

  struct Pending {
    std::vector<ports::Change> batch;
    std::function<void(base::Result<void>)> done;
  };
  std::deque<Pending> pending;
};

class FakeSecrets final : public ports::Secrets {
 public:
  void get(const model::AccountId& id,
           std::function<void(base::Result<base::Secret>)> done) override {
    if (hold && !id.str().starts_with("dtls "))  // what calls prove themselves with
      return asked.push_back([this, id, done] {
        done(kept.contains(id) ? base::Result<base::Secret>(kept[id])
                               : base::fail(base::not_found("password", id.str())));
      });
    if (!available) return done(base::fail(base::Code::unavailable, "KEYRING_LOCKED", "locked"));
    if (!kept.contains(id)) return done(base::fail(base::not_found("password", id.str())));
    done(kept[id]);
  }
  void put(const model::AccountId& id, base::Secret password,
           std::function<void(base::Result<void>)> done) override {
    if (!available) return done(base::fail(base::Code::unavailable, "KEYRING_LOCKED", "locked"));
    kept[id] = password;
    done({});
  }
  void erase(const model::AccountId& id, std::function<void(base::Result<void>)> done) override {
    kept.erase(id);
    done({});
  }
  bool available = true;
  bool hold = false;  // what is asked for waits in `asked`
  std::vector<std::function<void()>> asked;
  std::map<model::AccountId, base::Secret> kept;
};

class FakeEncoder final : public ports::EventEncoder {
 public:
  ports::EncodedEvent encode(const model::Event& event) override {
    ports::EncodedEvent out{
        event.sequence, {}, false, std::make_shared<const std::string>("event")};
    if (const auto* call = std::get_if<model::CallChanged>(&event.body)) {
      out.key = "calls/" + call->call.id.str();
      out.removed = !model::is_live(call->call);
    }
    if (const auto* account = std::get_if<model::AccountChanged>(&event.body))
      out.key = "accounts/" + account->account.id.str();
    if (const auto* account = std::get_if<model::AccountRemoved>(&event.body)) {
      out.key = "accounts/" + account->id.str();
      out.removed = true;
    }
    if (const auto* contact = std::get_if<model::ContactChanged>(&event.body))
      out.key =
          "accounts/" + contact->contact.account.str() + "/contacts/" + contact->contact.address;
    events.push_back(event);
    return out;
  }
  std::vector<model::Event> events;
};

class FakeSink final : public ports::EventSink {
 public:
  void publish(const ports::EncodedEvent& event) override { published.push_back(event); }
  std::vector<ports::EncodedEvent> published;
};

class FakeSession;

class FakeMedia final : public ports::MediaEngine {
 public:
  std::unique_ptr<ports::MediaSession> open(const std::string& label, ports::MediaConfig config,
                                            ports::MediaObserver& observer) override;
  base::Result<void> acceptable(const model::SessionDescription&,
                                const ports::MediaConfig& config) const override {
    asked_with = config;
    return acceptance;
  }
  void addresses_changed() override { ++address_changes; }
  base::Result<void> has_room() const override { return room; }
  int address_changes = 0;
  std::vector<std::string> codec_names() const override {
    return {"opus", "G722", "PCMU", "PCMA", "L16"};
  }
  struct Identity final : ports::MediaIdentity {
    explicit Identity(std::string text) : text_(std::move(text)) {}
    base::Secret pem() const override { return base::Secret(text_); }
    std::vector<uint8_t> fingerprint() const override { return {text_.begin(), text_.end()}; }
    std::string text_;
  };
  void make_identity(Identified done) override {
    done(ports::SharedIdentity(std::make_shared<Identity>("made " + std::to_string(++made))));
  }
  void read_identity(base::Secret pem, Identified done) override {
    if (!pem.reveal().starts_with("made"))
      return done(base::fail(base::invalid_argument("identity", "this is no certificate")));
    done(ports::SharedIdentity(std::make_shared<Identity>(std::string(pem.reveal()))));
  }
  struct Playing final : AlertPlayer {
    explicit Playing(int& count) : count_(count) { ++count_; }
    ~Playing() override { --count_; }
    int& count_;
  };
  void check(const model::AudioSource& source, const model::AudioSink& sink,
             std::function<void(base::Result<void>)> done) override {
    checked.emplace_back(model::to_string(source), model::to_string(sink));
    if (hold_checks) return waiting_checks.push_back([this, done] { done(usable); });
    done(usable);
  }
  std::unique_ptr<AlertPlayer> alert(Alert kind, const model::AudioSink& where) override {
    last_alert = kind;
    alert_at = model::to_string(where);
    return std::make_unique<Playing>(alerts_playing);
  }
  void watch_devices(ports::DeviceObserver& observer) override {
    device_observer = &observer;
    ++device_watches;
  }
  std::vector<model::Device> devices() const override { return known_devices; }
  void when_devices_known(std::function<void()> done) override {
    if (hold_devices) return waiting_devices.push_back(std::move(done));
    done();
  }
  void test_devices(const model::AudioSource& source, const model::AudioSink& sink, unsigned,
                    std::function<void(base::Result<DeviceTest>)> done) override {
    tested.emplace_back(model::to_string(source), model::to_string(sink));
    if (hold_tests) {
      device_test = std::move(done);
      return;
    }
    done(DeviceTest{});
  }

  int made = 0;  // identities
  bool hold_tests = false;
  std::function<void(base::Result<DeviceTest>)> device_test;  // waits for the test to answer
  base::Result<void> acceptance;
  mutable ports::MediaConfig asked_with;
  // What check() says, and when.
  base::Result<void> usable;
  bool hold_checks = false;
  std::vector<std::function<void()>> waiting_checks;
  std::vector<std::pair<std::string, std::string>> checked;
  std::vector<std::pair<std::string, std::string>> tested;
  ports::DeviceObserver* device_observer = nullptr;
  int device_watches = 0;
  std::vector<model::Device> known_devices;
  bool hold_devices = false;
  std::vector<std::function<void()>> waiting_devices;
  std::optional<Alert> last_alert;
  std::string alert_at;
  int alerts_playing = 0;
  base::Result<void> room;  // what has_room() says
  bool hold_answers = false;
  bool hold_offers = false;
  std::vector<std::function<void()>> waiting_offers;
  std::vector<FakeSession*> sessions;     // alive, in order of opening
  std::optional<base::Error> next_error;  // of the next offer or answer
};

// Answers at once, like a session whose callbacks are already queued.
class FakeSession final : public ports::MediaSession {
 public:
  FakeSession(FakeMedia& engine, ports::MediaConfig c, ports::MediaObserver& o)
      : config(std::move(c)), observer(o), engine_(engine) {
    engine_.sessions.push_back(this);
  }
  ~FakeSession() override { std::erase(engine_.sessions, this); }

  static model::SessionDescription described(model::Direction direction) {
    model::SessionDescription description;
    description.streams.emplace_back().direction = direction;
    return description;
  }
  void offer(model::Direction direction, Described done) override {
    if (engine_.hold_offers)
      return engine_.waiting_offers.push_back([this, direction, done] { reply(direction, done); });
    reply(direction, done);
  }
  void answer(const model::SessionDescription& offer, model::Direction direction,
              Described done) override {
    answered_offers.push_back(offer);
    if (engine_.hold_answers) return;
    reply(direction, done);
  }
  void apply_answer(const model::BranchId& branch, const model::SessionDescription&,
                    std::function<void(base::Result<void>)> done) override {
    applied.push_back(branch.str());
    if (apply_error) return done(base::fail(*apply_error));
    done({});
  }
  void add_remote_transport(const model::BranchId&, size_t,
                            const model::TransportDescription& news) override {
    remote_news.push_back(news);
  }
  void choose_branch(const model::BranchId& branch) override { chosen = branch.str(); }
  void rollback() override { ++rollbacks; }
  void transmit(ports::Transmit what) override { transmitting = what; }
  void set_muted(bool m) override { muted = m; }
  base::Result<void> send_digits(const std::string& digits, unsigned) override {
    if (!telephone_events)
      return base::fail(base::Code::failed_precondition, "NO_TELEPHONE_EVENT", "not negotiated");
    sent_digits += digits;
    return {};
  }
  void set_capture(const model::AudioSource&,
                   std::function<void(base::Result<void>)> done) override {
    done({});
  }
  void set_playback(const model::AudioSink&,
                    std::function<void(base::Result<void>)> done) override {
    done({});
  }
  void play(const std::string&, std::function<void(base::Result<void>)> done) override { done({}); }
  void record(const std::string&, std::function<void(base::Result<void>)> done) override {
    done({});
  }
  void stats(std::function<void(model::MediaStats)> done) override {
    model::MediaStats stats = figures;
    if (hold_stats)
      waiting_stats.push_back([done, stats] { done(stats); });
    else
      done(stats);
  }
  void levels(std::function<void(model::AudioLevels)> done) override { done({}); }

  ports::MediaConfig config;
  ports::MediaObserver& observer;
  std::vector<std::string> applied;
  std::vector<model::TransportDescription> remote_news;
  std::vector<model::SessionDescription> answered_offers;
  std::string chosen;
  std::string sent_digits;
  ports::Transmit transmitting = ports::Transmit::silence;
  model::Direction last_direction = model::Direction::inactive;
  std::optional<base::Error> apply_error;
  // Of a call that is well.
  static model::MediaStats good_figures() {
    model::MediaStats stats;
    stats.received.packets = 42;
    stats.sent.packets = 42;
    stats.received.level_dbov = stats.sent.level_dbov = -30;
    stats.evidence.reports = 1;
    stats.evidence.heard = true;
    stats.evidence.first_sent = stats.evidence.first_received = std::chrono::seconds(1);
    stats.evidence.sent_peak_dbov = stats.evidence.received_peak_dbov = -20;
    return stats;
  }
  model::MediaStats figures = good_figures();
  bool muted = false;
  bool telephone_events = true;
  bool hold_stats = false;
  int rollbacks = 0;
  std::vector<std::function<void()>> waiting_stats;

 private:
  void reply(model::Direction direction, const Described& done) {
    last_direction = direction;
    if (engine_.next_error) {
      const base::Error error = *std::exchange(engine_.next_error, std::nullopt);
      return done(base::fail(error));
    }
    done(described(direction));
  }
  FakeMedia& engine_;
};

inline std::unique_ptr<ports::MediaSession> FakeMedia::open(const std::string&,
                                                            ports::MediaConfig config,
                                                            ports::MediaObserver& observer) {
  return std::make_unique<FakeSession>(*this, std::move(config), observer);
}

// Records the verbs as words: "invite LEG sip:bob@x", "ring LEG", ...
class FakeSignalling final : public ports::Signalling {
 public:
  void account_up(const model::Account& account, base::Secret password,
                  const std::map<std::string, std::string>& facts) override {
    said.push_back("up " + account.id.str());
    passwords[account.id] = std::string(password.reveal());
    last_facts = facts;
  }
  void account_down(const model::AccountId& id) override { said.push_back("down " + id.str()); }
  void route(const model::AccountId&, const std::string&,
             std::function<void(base::Result<ports::MediaRoute>)> done) override {
    done(next_route);
  }
  void invite(const model::LegId& leg, ports::InviteRequest request) override {
    last_leg = leg;
    last_invite = request;
    said.push_back("invite " + request.target);
  }
  void ring(const model::LegId&) override { said.push_back("ring"); }
  void accept(const model::LegId&, model::SessionDescription) override { said.push_back("accept"); }
  void refuse(const model::LegId&, ports::Refusal refusal) override {
    said.push_back("refuse " + std::to_string(static_cast<int>(refusal)));
    last_refusal = refusal;
  }
  void redirect(const model::LegId&, const std::string& target) override {
    said.push_back("redirect " + target);
  }
  void hang_up(const model::LegId&) override { said.push_back("hang_up"); }
  void modify(const model::LegId&, model::SessionDescription offer) override {
    said.push_back(std::string("modify ") + model::to_string(offer.streams[0].direction));
  }
  void answer_offer(const model::LegId&, model::SessionDescription) override {
    said.push_back("answer_offer");
  }
  void refuse_offer(const model::LegId&, ports::Refusal refusal) override {
    said.push_back("refuse_offer");
    last_refusal = refusal;
  }
  void tell_transport(const model::LegId&, size_t, model::TransportDescription) override {
    said.push_back("tell_transport");
  }
  void send_digit(const model::LegId&, char digit, unsigned) override {
    said.push_back(std::string("digit ") + digit);
  }
  void transfer(const model::LegId&, const std::string& target) override {
    said.push_back("transfer " + target);
  }
  void transfer_to_leg(const model::LegId&, const model::LegId&) override {
    said.push_back("transfer_to_leg");
  }
  void accept_transfer(const model::LegId&) override { said.push_back("accept_transfer"); }
  void refuse_transfer(const model::LegId&) override { said.push_back("refuse_transfer"); }
  void report_transfer(const model::LegId&, int code, const std::string&) override {
    said.push_back("report " + std::to_string(code));
  }
  std::vector<std::string> listening() const override { return {"udp 127.0.0.1:5060"}; }
  void shut_down(std::function<void()> done) override { done(); }

  size_t count(const std::string& word) const {
    return static_cast<size_t>(std::count(said.begin(), said.end(), word));
  }

  std::vector<std::string> said;
  std::map<model::AccountId, std::string> passwords;
  std::map<std::string, std::string> last_facts;
  base::Result<ports::MediaRoute> next_route = ports::MediaRoute{"192.0.2.1", "192.0.2.2", false};
  model::LegId last_leg;
  ports::InviteRequest last_invite;
  std::optional<ports::Refusal> last_refusal;
};

}  // namespace commd::core::fakes
