#include "daemon/core/doctor.h"

#include <chrono>
#include <set>
#include <utility>
#include <vector>

#include "daemon/core/login_check.h"

namespace commd::core {
namespace {

constexpr std::chrono::seconds patience{15};
constexpr std::chrono::seconds clock_patience{5};

model::Check device_check(const char* id, model::Device::Kind kind,
                          const std::vector<model::Device>& devices, const std::string& message) {
  const std::string name = kind == model::Device::Kind::capture ? "microphone" : "speaker";
  model::Check check;
  check.id = id;
  size_t count = 0;
  std::string best;
  for (const model::Device& each : devices) {
    if (each.kind != kind || each.is_monitor) continue;
    ++count;
    if (best.empty() || each.is_default)
      best = each.description.empty() ? each.id : each.description;
  }
  check.facts["count"] = std::to_string(count);
  if (count > 0) {
    check.found = std::to_string(count) + " " + name + (count > 1 ? "s" : "") + ": " + best +
                  (count > 1 ? " and others" : "");
    return check;
  }
  check.result = model::CheckResult::warning;
  check.reason = "NO_SOUND_DEVICE";
  check.found = message.empty() ? "there is no " + name : "there is no " + name + ": " + message;
  check.remedy =
      "calls go on in silence: connect one, start PulseAudio or PipeWire, or use files "
      "as in \"commctl call ADDRESS --capture file:voice.wav --playback file:heard.wav\"";
  return check;
}

}  // namespace

class Doctor::Visit : public std::enable_shared_from_this<Visit> {
 public:
  Visit(const Parts& parts, std::shared_ptr<size_t> open, Each each, Done done)
      : parts_(parts), open_(std::move(open)), each_(std::move(each)), done_(std::move(done)) {
    ++*open_;
  }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;
  ~Visit() { --*open_; }

  void start(const std::vector<model::Account>& accounts) {
    waiting_ = 1;
    deadline_ = parts_.timers.after(patience, [this] { finish(); });
    clock_patience_ = parts_.timers.after(clock_patience, [this] { give_up_clocks(); });
    begun_ = parts_.timers.after(base::Duration::zero(), [this, accounts] { begin(accounts); });
  }

 private:
  // What is told may be the end of this object, so that each way in holds it.
  void begin(const std::vector<model::Account>& accounts) {
    const auto self = shared_from_this();
    for (const model::Account& each : parts_.accounts.list())
      if (each.protocol == model::Protocol::local) tell(local_port_check(each));
    for (const model::Account& each : accounts) {
      tell(login_check(each));
      look_at_clock(each);
    }
    look_at_devices();
    if (parts_.prober != nullptr) {
      ++waiting_;
      probings_.push_back(parts_.prober->probe_machine(
          [this](const model::Check& check) { tell(check); }, [this] { one_less(); }));
      for (const model::Account& each : accounts) look_at_network(each);
    }
    one_less();
  }

  // XMPP asks; SIP has heard it with the registration.
  void look_at_clock(const model::Account& account) {
    if (account.state != model::AccountState::online) return;
    const auto room = parts_.services.find(account.protocol);
    if (room == parts_.services.end()) return tell(clock_check(account.id, account.clock_ahead));
    ++waiting_;
    unanswered_.insert(account.id);
    room->second->server_time(
        account.id, [here = weak_from_this(), id = account.id](base::Result<base::WallTime> time) {
          if (const auto self = here.lock()) self->take_time(id, time);
        });
  }

  void take_time(const model::AccountId& id, const base::Result<base::WallTime>& time) {
    if (unanswered_.erase(id) == 0) return;
    std::optional<std::chrono::seconds> ahead;
    if (time)
      ahead = std::chrono::duration_cast<std::chrono::seconds>(*time - parts_.clock.wall_now());
    tell(clock_check(id, ahead));
    one_less();
  }

  // Servers that do not answer hold nobody up.
  void give_up_clocks() {
    const auto self = shared_from_this();
    const base::Result<base::WallTime> nothing =
        base::fail(base::Code::deadline_exceeded, "SERVER_SILENT", "the server does not answer");
    for (const model::AccountId& id : std::set<model::AccountId>(unanswered_))
      take_time(id, nothing);
  }

  void look_at_devices() {
    ++waiting_;
    parts_.devices.list([here = weak_from_this()](const std::vector<model::Device>& devices) {
      const auto self = here.lock();
      if (!self) return;
      const std::string message = self->parts_.devices.message();
      using Kind = model::Device::Kind;
      self->tell(device_check("devices.capture", Kind::capture, devices, message));
      self->tell(device_check("devices.playback", Kind::playback, devices, message));
      self->one_less();
    });
  }

  void look_at_network(const model::Account& account) {
    ++waiting_;
    parts_.accounts.ice_servers(account.id,
                                [here = weak_from_this(), account](AccountBook::Servers servers) {
                                  if (const auto self = here.lock())
                                    self->probe(account, std::move(servers));
                                });
  }

  void probe(const model::Account& account, AccountBook::Servers servers) {
    ports::AccountProbe what;
    what.account = account;
    if (servers) {
      what.servers = std::move(*servers);
    } else {
      model::Check check;
      check.id = "turn";
      check.account = account.id;
      check.result = model::CheckResult::failed;
      check.reason = servers.error().reason;
      check.found = servers.error().message;
      check.remedy = "unlock the keyring, or set the password anew: \"commctl account set " +
                     account.id.str() + " --turn-password-file FILE\"";
      tell(check);
    }
    if (!done_) return;
    probings_.push_back(parts_.prober->probe(
        std::move(what), [this](const model::Check& check) { tell(check); },
        [this] { one_less(); }));
  }

  void tell(const model::Check& check) {
    const auto self = shared_from_this();
    if (done_) each_(check);
  }

  void one_less() {
    if (--waiting_ == 0) finish();
  }

  void finish() {
    const auto self = shared_from_this();
    deadline_.reset();
    clock_patience_.reset();
    probings_.clear();
    if (const Done done = std::exchange(done_, nullptr)) done();
  }

  const Parts parts_;
  std::shared_ptr<size_t> open_;
  Each each_;
  Done done_;  // empty: it is over
  size_t waiting_ = 0;
  ports::TimerHandle deadline_;
  ports::TimerHandle begun_;
  ports::TimerHandle clock_patience_;
  std::set<model::AccountId> unanswered_;  // who were asked for the time
  std::vector<std::unique_ptr<ports::Probing>> probings_;
};

base::Result<std::shared_ptr<Doctor::Visit>> Doctor::examine(const std::string& account, Each each,
                                                             Done done) {
  std::vector<model::Account> accounts;
  if (!account.empty()) {
    const auto found = parts_.accounts.find(account);
    if (!found) return base::fail(found.error());
    if ((*found)->protocol != model::Protocol::local) accounts.push_back(**found);
  } else {
    for (model::Account& one : parts_.accounts.list())
      if (one.enabled && one.protocol != model::Protocol::local) accounts.push_back(std::move(one));
  }
  if (*open_ >= most_visits)
    return base::fail(base::Code::resource_exhausted, "DOCTOR_BUSY",
                      "several examinations are under way; wait for one to end");
  auto visit = std::make_shared<Visit>(parts_, open_, std::move(each), std::move(done));
  visit->start(accounts);
  return visit;
}

}  // namespace commd::core
