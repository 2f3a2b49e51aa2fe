#include "tests/cli/fake_daemon/state.h"

#include <algorithm>
#include <cstdlib>

namespace commd::fake {
namespace {

using Lock = std::unique_lock<std::mutex>;

// A reader whose client went away is noticed within this time.
constexpr std::chrono::milliseconds look_around(20);

// How much slower everything is than in a plain build.
int slowness() {
  const char* const factor = std::getenv("COMMD_TEST_SLOW");
  return factor == nullptr ? 1 : std::max(1, std::atoi(factor));
}

}  // namespace

google::protobuf::Timestamp now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
  google::protobuf::Timestamp time;
  time.set_seconds(seconds.count());
  time.set_nanos(static_cast<int32_t>(std::chrono::nanoseconds(since - seconds).count()));
  return time;
}

State::State() : timer_thread_([this] { run_timers(); }) {}

State::~State() {
  shut_down();
  timer_thread_.join();
}

void State::publish(v1::Event event) {
  event.set_sequence(log_.size() + 1);
  *event.mutable_time() = now();
  log_.push_back(std::move(event));
  changed_.notify_all();
}

void State::put(v1::Account account) {
  const Lock lock(mutex_);
  v1::Event event;
  *event.mutable_account_changed() = account;
  accounts_[account.id()] = std::move(account);
  publish(std::move(event));
}

void State::put(v1::Call call) {
  const Lock lock(mutex_);
  v1::Event event;
  *event.mutable_call_changed() = call;
  calls_[call.id()] = std::move(call);
  publish(std::move(event));
}

void State::put_event(v1::Event event) {
  const Lock lock(mutex_);
  publish(std::move(event));
}

void State::remove_account(const std::string& id) {
  const Lock lock(mutex_);
  accounts_.erase(id);
  v1::Event event;
  event.set_account_removed(id);
  publish(std::move(event));
}

std::optional<v1::Account> State::account(const std::string& id) const {
  const Lock lock(mutex_);
  const auto found = accounts_.find(id);
  return found == accounts_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<v1::Call> State::call(const std::string& id) const {
  const Lock lock(mutex_);
  const auto found = calls_.find(id);
  return found == calls_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<v1::Account> State::accounts() const {
  const Lock lock(mutex_);
  std::vector<v1::Account> all;
  for (const auto& [id, account] : accounts_) all.push_back(account);
  return all;
}

std::vector<v1::Call> State::calls() const {
  const Lock lock(mutex_);
  std::vector<v1::Call> all;
  for (const auto& [id, call] : calls_) all.push_back(call);
  return all;
}

std::string State::next_call_id() {
  const Lock lock(mutex_);
  return "c" + std::to_string(++calls_made_) + "fe";
}

void State::later(std::chrono::milliseconds delay, std::function<void()> action) {
  const Lock lock(mutex_);
  timers_.emplace(Clock::now() + delay * slowness(), std::move(action));
  changed_.notify_all();
}

void State::advance(const std::string& id, v1::Call::State state) {
  auto call = this->call(id);
  if (!call || call->state() >= state) return;
  call->set_state(state);
  if (state == v1::Call::STATE_ACTIVE && !call->has_answer_time()) {
    *call->mutable_answer_time() = now();
    call->set_codec("opus/48000");
    call->mutable_security()->set_level(v1::CallSecurity::LEVEL_ENCRYPTED);
    call->mutable_security()->set_mechanism("SDES");
    call->mutable_security()->set_suite("AES_CM_128_HMAC_SHA1_80");
  }
  put(*call);
}

void State::end(const std::string& id, v1::Call::EndReason reason, int sip_code,
                v1::Call::EndedBy by) {
  auto call = this->call(id);
  if (!call || call->state() == v1::Call::STATE_ENDED) return;
  call->set_state(v1::Call::STATE_ENDED);
  call->set_end_reason(reason);
  call->set_end_sip_code(sip_code);
  call->set_ended_by(by);
  call->set_missed(call->direction() == v1::Call::DIRECTION_INCOMING && !call->has_answer_time() &&
                   by == v1::Call::ENDED_BY_REMOTE);
  *call->mutable_end_time() = now();
  put(*call);
}

std::vector<v1::Event> State::snapshot(uint64_t& sequence) const {
  const Lock lock(mutex_);
  std::vector<v1::Event> events;
  for (const auto& [id, account] : accounts_)
    *events.emplace_back().mutable_account_changed() = account;
  for (const auto& [id, call] : calls_)
    if (call.state() != v1::Call::STATE_ENDED) *events.emplace_back().mutable_call_changed() = call;
  sequence = log_.size();
  return events;
}

std::optional<v1::Event> State::after(uint64_t sequence, uint64_t generation,
                                      const std::function<bool()>& cancelled) {
  Lock lock(mutex_);
  while (!down_ && generation_ == generation && !cancelled()) {
    if (!paused_ && sequence < log_.size()) return log_[sequence];
    changed_.wait_for(lock, look_around);
  }
  return std::nullopt;
}

uint64_t State::generation() const {
  const Lock lock(mutex_);
  return generation_;
}

void State::cut(bool forget) {
  const Lock lock(mutex_);
  ++generation_;
  if (forget) oldest_ = log_.size() + 1;
  changed_.notify_all();
}

uint64_t State::oldest() const {
  const Lock lock(mutex_);
  return oldest_;
}

void State::pause(bool paused) {
  const Lock lock(mutex_);
  paused_ = paused;
  changed_.notify_all();
}

void State::shut_down() {
  const Lock lock(mutex_);
  down_ = true;
  changed_.notify_all();
}

bool State::wait_while_alive(const std::string& call, std::chrono::milliseconds time,
                             const std::function<bool()>& cancelled) {
  Lock lock(mutex_);
  const auto until = Clock::now() + time;
  while (!down_ && !cancelled()) {
    const auto found = calls_.find(call);
    if (found == calls_.end() || found->second.state() == v1::Call::STATE_ENDED) return false;
    if (Clock::now() >= until) return true;
    changed_.wait_until(lock, std::min(until, Clock::now() + look_around));
  }
  return false;
}

void State::run_timers() {
  Lock lock(mutex_);
  while (!down_) {
    if (timers_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto due = timers_.begin()->first;
    if (due > Clock::now()) {
      changed_.wait_until(lock, due);
      continue;
    }
    const auto action = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    lock.unlock();
    action();
    lock.lock();
  }
}

}  // namespace commd::fake
