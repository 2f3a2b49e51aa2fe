#include "clients/commctl/phone.h"

#include <unistd.h>

#include <algorithm>

#include "clients/client/socket.h"
#include "clients/commctl/duration.h"
#include "clients/commctl/words.h"

namespace commd::commctl {
namespace {

using client::ClientError;
using client::Code;
using client::EventStream;
using client::ExitCode;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds stats_interval(200);
constexpr seconds patience_of_verbs(5);    // a key press waits no longer for the daemon
constexpr seconds patience_at_the_end(2);  // for the far end to confirm that it is over
constexpr seconds patience_when_lost(10);  // by then the daemon has ended an owned call
constexpr seconds ring_interval(3);

bool rings_here(const v1::Call& call) {
  return call.direction() == v1::Call::DIRECTION_INCOMING &&
         call.state() == v1::Call::STATE_RINGING;
}

bool was_answered(const v1::Call& call) {
  return call.state() == v1::Call::STATE_ACTIVE || call.state() == v1::Call::STATE_HELD;
}

Line short_report(const v1::Call& call) {
  Line line = {{party_text(call.remote()) + ": "}, {end_text(call), Style::bold}};
  if (call.has_answer_time())
    line.push_back({" after " + human_duration(between(call.answer_time(), call.end_time()))});
  return line;
}

}  // namespace

Phone::Phone(Context& context, const SignalInbox& signals, PhoneOptions options)
    : context_(context),
      signals_(signals),
      options_(std::move(options)),
      events_(context.client()) {
  context_.client().set_timeout(patience_of_verbs);
  if (!has_screen(context.out())) return;
  mode_ = std::make_unique<TerminalMode>(STDIN_FILENO, TerminalMode::Input::keys);
  screen_ = std::make_unique<Screen>(STDERR_FILENO, context.out().stderr_colour());
}

Phone::~Phone() = default;

void Phone::adopt(const v1::Call& call) {
  Mine& mine = mine_[call.id()];
  mine.stream = std::make_unique<client::StatsStream>(context_.client(), call.id(), stats_interval);
  focus_ = call.id();
  if (first_.call.id().empty()) first_.call = call;
  mine_changed(mine, call);
}

ExitCode Phone::run() {
  while (true) {
    pump();
    obey_signals();
    check_deadlines();
    if (finished()) break;
    redraw();
    std::vector<int> waiting = {events_.descriptor(), signals_.descriptor(),
                                screen_ ? STDIN_FILENO : -1};
    for (const auto& [id, mine] : mine_) waiting.push_back(mine.stream->descriptor());
    wait_readable(waiting, next_deadline());
    obey_keys();
  }
  if (screen_) screen_->erase();
  return stopping_.value_or(ExitCode::ok);
}

v1::CallStats Phone::first_stats() {
  try {
    const auto response = context_.client().get_call_stats(first_.call.id());
    for (const auto& stats : response.stats())
      if (stats.call() == first_.call.id()) return stats;
  } catch (const ClientError&) {
    // What the stream said last is nearly as good.
  }
  return first_.stats.value_or(v1::CallStats());
}

// ---- events -------------------------------------------------------------------

void Phone::pump() {
  while (const auto item = events_.next()) take(*item);
  for (auto& [id, mine] : mine_) {
    while (auto stats = mine.stream->next()) {
      mine.stats = std::move(*stats);
      if (id == first_.call.id()) first_.stats = mine.stats;
    }
  }
}

void Phone::take(const EventStream::Item& item) {
  if (item.kind == EventStream::Kind::lost) {
    if (!lost_since_) {
      lost_since_ = Clock::now();
      tell({{"Connection to the daemon lost, trying again.", Style::warning}});
    }
    return;
  }
  lost_since_.reset();
  if (item.kind == EventStream::Kind::snapshot) {
    synced_ = false;
    ringing_.clear();
    accounts_.clear();
  } else if (item.kind == EventStream::Kind::checkpoint) {
    if (!std::exchange(synced_, true)) resync();
  } else {
    const v1::Event& event = item.response.event();
    if (event.has_call_changed()) call_changed(event.call_changed(), item.in_snapshot);
    if (event.has_account_changed())
      accounts_[event.account_changed().id()] = event.account_changed();
    accounts_.erase(event.account_removed());
    if (event.has_dtmf_received() && mine_.contains(event.dtmf_received().call()))
      tell({{"They pressed " + event.dtmf_received().digit()}});
    // The call itself says what its far end asks.
    if (event.has_notice() && event.notice().reason() != "TRANSFER_REQUESTED" &&
        mine_.contains(event.notice().subject()))
      tell({{event.notice().message(), Style::warning}});
  }
}

void Phone::call_changed(const v1::Call& call, bool in_snapshot) {
  const auto mine = mine_.find(call.id());
  if (mine != mine_.end()) {
    mine_changed(mine->second, call);
  } else {
    others_changed(call, in_snapshot);
  }
}

// A snapshot does not hold calls that ended before it. For all others the answer may be
// ahead of events that are still to come: those tell better.
void Phone::resync() {
  std::vector<std::string> ids;
  for (const auto& [id, mine] : mine_) ids.push_back(id);
  for (const std::string& id : ids) {
    attempt([&] {
      const v1::Call call = context_.client().get_call(id);
      if (call.state() == v1::Call::STATE_ENDED) call_changed(call, true);
    });
  }
}

void Phone::mine_changed(Mine& mine, const v1::Call& call) {
  const bool news = mine.call.state() != call.state();
  if (call.has_answer_time() && !mine.call.has_answer_time() && options_.duration && !hang_up_at_)
    hang_up_at_ = Clock::now() + *options_.duration;
  if (call.transfer().state() != mine.call.transfer().state()) {
    message_ = transfer_text(call.transfer());
  }
  if (call.has_transfer_request() && !mine.call.has_transfer_request()) {
    if (screen_)
      screen_->bell();
    else
      tell({{party_text(call.remote()) + ": "}, {transfer_request_text(call), Style::warning}});
  }
  // Another call was answered while this one rang, or is being resumed, which its events do not
  // say yet: this one waits for its turn.
  const Mine* const other = call.id() == focus_ ? nullptr : focused();
  const bool too_many = call.state() == v1::Call::STATE_ACTIVE && !was_answered(mine.call) &&
                        !mine.aside && other != nullptr && was_answered(other->call);
  mine.call = call;
  if (too_many) attempt([&] { put_aside(call.id(), mine); });
  if (call.id() == first_.call.id()) first_.call = call;
  if (news && !screen_ && call.state() != v1::Call::STATE_ENDED)
    tell({{party_text(call.remote()) + ": "}, {word_of(call.state()), style_of(call.state())}});
  if (call.state() != v1::Call::STATE_ENDED) return;
  if (options_.purpose == PhoneOptions::Purpose::listen || call.id() != first_.call.id())
    tell(short_report(call));
  const std::string successor = call.successor();
  mine_.erase(call.id());  // `mine` is gone now
  if (!successor.empty() && !mine_.contains(successor) && !stopping_)
    attempt([&] { adopt(context_.client().get_call(successor)); });
  typing_.reset();
  if (!mine_.contains(focus_)) focus_ = mine_.empty() ? "" : mine_.begin()->first;
}

void Phone::others_changed(const v1::Call& call, bool in_snapshot) {
  const bool listening = options_.purpose == PhoneOptions::Purpose::listen;
  const bool incoming = call.direction() == v1::Call::DIRECTION_INCOMING;
  if (!incoming || (!listening && !screen_)) return;
  if (context_.out().json() && (!in_snapshot || rings_here(call))) context_.out().print(call);
  if (rings_here(call)) {
    const bool fresh = !ringing_.contains(call.id());
    ringing_[call.id()] = call;
    if (!fresh) return;
    ring_again_at_ = Clock::now();
    if (!screen_)
      tell({{party_text(call.remote()) + " calls " + call.account() + " (" + call.id() + ")"}});
    return;
  }
  if (ringing_.erase(call.id()) == 0 && !call.missed()) return;
  if (call.state() == v1::Call::STATE_ENDED) {
    tell({{local_time(call.create_time(), timestamp_now()) + "  ", Style::dim},
          {call.missed() ? "missed " : "ended ", call.missed() ? Style::warning : Style::plain},
          {party_text(call.remote()) + ", " + end_text(call)}});
  }
}

// ---- time and signals ---------------------------------------------------------

bool Phone::finished() const {
  if (quit_) return true;
  return mine_.empty() && (options_.purpose == PhoneOptions::Purpose::one_call || stopping_);
}

Deadline Phone::next_deadline() const {
  Deadline next = earlier(stop_at_, hang_up_at_);
  const bool waiting = options_.purpose == PhoneOptions::Purpose::listen
                           ? mine_.empty()
                           : !first_.call.has_answer_time();
  if (options_.timeout && waiting && !stopping_) next = earlier(next, started_ + *options_.timeout);
  if (screen_ && !ringing_.empty()) next = earlier(next, ring_again_at_);
  if (screen_ && !focus_.empty()) next = earlier(next, redraw_at_);
  if (lost_since_ && !mine_.empty()) next = earlier(next, *lost_since_ + patience_when_lost);
  return next;
}

void Phone::check_deadlines() {
  const auto now = Clock::now();
  if (stop_at_ && now >= *stop_at_) quit_ = true;
  if (hang_up_at_ && now >= *hang_up_at_) {
    hang_up_at_.reset();
    hang_up(first_.call.id());
  }
  const bool listening = options_.purpose == PhoneOptions::Purpose::listen;
  const bool waiting = listening ? mine_.empty() : !first_.call.has_answer_time();
  if (options_.timeout && waiting && !stopping_ && now >= started_ + *options_.timeout)
    stop(ExitCode::timed_out);
  if (screen_ && !ringing_.empty() && ring_again_at_ && now >= *ring_again_at_) {
    screen_->bell();
    ring_again_at_ = now + ring_interval;
  }
  if (lost_since_ && !mine_.empty() && now >= *lost_since_ + patience_when_lost)
    throw client::unreachable_error(context_.client().socket(), "it does not come back");
}

void Phone::obey_signals() {
  while (const auto number = signals_.next()) {
    if (*number == SIGTSTP) {
      suspend();
    } else if (*number != SIGWINCH) {  // for that, drawing again is all there is to do
      stop(ExitCode::interrupted);
    }
  }
}

void Phone::suspend() {
  if (screen_) screen_->erase();
  mode_.reset();
  ::raise(SIGSTOP);
  if (screen_) mode_ = std::make_unique<TerminalMode>(STDIN_FILENO, TerminalMode::Input::keys);
}

// The second time it does not wait for anybody.
void Phone::stop(ExitCode code) {
  if (stopping_) {
    quit_ = true;
    return;
  }
  stopping_ = code;
  stop_at_ = Clock::now() + patience_at_the_end;
  context_.client().set_timeout(patience_at_the_end);
  std::vector<std::string> ids;
  for (const auto& [id, mine] : mine_) ids.push_back(id);
  for (const std::string& id : ids) hang_up(id);
}

void Phone::hang_up(const std::string& id) {
  try {
    context_.client().hang_up_call(id);
  } catch (const ClientError& error) {
    // Over already: its last event is on the way.
    if (error.code() != Code::failed_precondition && error.code() != Code::not_found)
      message_ = error.message();
  }
}

// ---- looks --------------------------------------------------------------------

Phone::Mine* Phone::focused() {
  const auto found = mine_.find(focus_);
  return found == mine_.end() ? nullptr : &found->second;
}

void Phone::tell(const Line& line) {
  if (screen_) {
    screen_->note(line);
  } else {
    context_.out().say(line);
  }
}

std::string Phone::idle_text() const {
  if (!synced_) return "Asking the daemon ...";
  std::string online;
  for (const auto& [id, account] : accounts_)
    if (account.state() == v1::Account::STATE_ONLINE) online += (online.empty() ? "" : ", ") + id;
  return online.empty() ? "No account is online: nobody can call."
                        : "Waiting for calls to " + online + ".";
}

void Phone::redraw() {
  if (!screen_) return;
  View view;
  if (const Mine* const mine = focused()) {
    view.call = &mine->call;
    if (mine->stats) view.stats = &*mine->stats;
  }
  if (!ringing_.contains(selected_)) selected_ = ringing_.empty() ? "" : ringing_.begin()->first;
  if (!selected_.empty()) view.ringing.push_back(&ringing_[selected_]);
  for (const auto& [id, call] : ringing_)
    if (id != selected_) view.ringing.push_back(&call);
  for (const auto& [id, mine] : mine_)
    if (id != focus_) view.parked.push_back(&mine.call);
  view.idle = idle_text();
  view.message = message_;
  if (typing_) view.prompt = "Transfer to (Enter sends, Esc leaves): " + *typing_;
  view.now = timestamp_now();
  view.columns = screen_->columns() - 1;  // a full line would leave the cursor undecided
  view.rows = screen_->rows();
  using Cursor = TerminalMode::Cursor;
  TerminalMode::set_cursor(STDERR_FILENO, typing_ ? Cursor::shown : Cursor::hidden);
  view.symbols = symbols_of_locale();
  screen_->draw(view_lines(view));
  redraw_at_ = Clock::now() + seconds(1);
}

}  // namespace commd::commctl
