// CallBook's verbs: each finds its call, checks its state, and hands it on.
#include <algorithm>
#include <utility>

#include "daemon/base/random.h"
#include "daemon/core/account_rules.h"
#include "daemon/core/call_book.h"
#include "daemon/core/dial_plan.h"

namespace commd::core {

base::Error wrong_state(const model::Call& call, const std::string& wanted) {
  base::Error error{
      base::Code::failed_precondition,
      "WRONG_STATE",
      "the call " + call.id.str() + " is " + model::to_string(call.state) + "; " + wanted,
      {}};
  error.details["call"] = call.id.str();
  error.details["state"] = model::to_string(call.state);
  return error;
}

namespace {

using base::Code;
using base::fail;
using model::CallState;

bool valid_digits(const std::string& digits) {
  return !digits.empty() && digits.size() <= 64 &&
         std::all_of(digits.begin(), digits.end(), [](char c) {
           return std::string_view("0123456789*#ABCD,").find(c) != std::string_view::npos;
         });
}

}  // namespace

void CallBook::place(PlaceCall request, Done done) {
  COMMD_ASSERT_THREAD(thread_);
  if (const auto before = by_request_.find(request.request_id);
      !request.request_id.empty() && before != by_request_.end())
    return get(before->second.str(), std::move(done));
  auto address = names_(request.address);
  if (!address) return done(fail(address.error()));
  request.address = std::move(*address);
  if (const auto to = dial(accounts_, request.address, request.account); !to)
    return done(fail(to.error()));
  if (const std::vector<std::string>& codecs = request.overrides.codecs; !codecs.empty())
    if (auto ok = check_codecs("settings.codecs", codecs, media_.codec_names()); !ok)
      return done(fail(ok.error()));
  const Ends ends{request.capture, request.playback};
  with_usable_ends(ends, std::move(done), [this, request = std::move(request)](Done then) {
    if (zrtp_ == nullptr) return place_now(request, std::move(then));
    // Who has just switched ZRTP on means this call, too.
    zrtp_->when_read([this, request, then = std::move(then)] { place_now(request, then); });
  });
}

// What was true before the ends were tried need not be any more.
void CallBook::place_now(const PlaceCall& request, Done done) {
  if (const auto before = by_request_.find(request.request_id);
      !request.request_id.empty() && before != by_request_.end())
    return get(before->second.str(), std::move(done));
  const auto to = dial(accounts_, request.address, request.account);
  if (!to) return done(fail(to.error()));
  if (const auto room = room_for_a_call(); !room) return done(fail(room.error()));
  const model::Account& account = *accounts_.get(to->account);
  const CallOverrides& over = request.overrides;
  model::Call call;
  call.id = new_id();
  call.account = account.id;
  call.remote.address = to->uri;
  call.local = {account.address, account.settings.display_name};
  call.capture = request.capture.value_or(settings_.capture);
  call.playback = request.playback.value_or(settings_.playback);
  call.owned = request.owned;
  call.request_id = request.request_id;
  CallPlan plan;
  plan.target = to->uri;
  use_settings(plan.media, account);
  if (!over.codecs.empty()) plan.media.codecs = over.codecs;
  if (over.encryption) plan.media.encryption = *over.encryption;
  if (over.latch) plan.media.latch = *over.latch;
  plan.media.identity = identities_(account.id);
  plan.zrtp = account.settings.zrtp;
  plan.dtmf = over.dtmf.value_or(account.settings.dtmf);
  plan.early_send = over.early_send.value_or(account.settings.early_send);
  plan.hide_number = over.hide_number.value_or(account.settings.hide_number);
  plan.capture_named = request.capture.has_value();
  plan.playback_named = request.playback.has_value();
  remember_request(request.request_id, call.id);
  logger_->info("event: call_placed, call: {}, account: {}, to: {}", call.id.str(),
                call.account.str(), to->uri);
  ports::Signalling& signalling = *signalling_.at(account.protocol);
  CallControl& control = add(std::make_unique<CallControl>(
      context(signalling), call, model::LegId(base::random_token(16)), std::move(plan)));
  control.begin_outgoing(std::move(done));
}

void CallBook::answer(const std::string& reference, AnswerCall how, Done done) {
  CallControl* c = ringing_call(reference, "only a ringing incoming call can be answered", done);
  if (!c) return;
  const Ends ends{how.capture, how.playback};
  with_usable_ends(ends, std::move(done),
                   [this, id = c->call().id.str(), how = std::move(how)](Done then) {
                     answer_now(id, how, std::move(then));
                   });
}

void CallBook::answer_now(const std::string& reference, const AnswerCall& how, Done done) {
  CallControl* c = ringing_call(reference, "only a ringing incoming call can be answered", done);
  if (!c) return;
  if (how.owned) c->set_owned(true);
  c->names_ends(how.capture.has_value(), how.playback.has_value());
  c->answer(how.capture.value_or(settings_.capture), how.playback.value_or(settings_.playback),
            std::move(done));
}

void CallBook::reject(const std::string& reference, Rejection how, Done done) {
  CallControl* c = ringing_call(reference, "only a ringing incoming call can be rejected", done);
  if (!c) return;
  if (how == Rejection::busy)
    c->refuse(ports::Refusal::busy, model::EndReason::busy);
  else
    c->refuse(ports::Refusal::declined, model::EndReason::declined);
  done(c->call());
}

void CallBook::hang_up(const std::string& reference, Done done) {
  auto control = find(reference, Eligible::live);
  if (!control) return done(fail(control.error()));
  const model::Call& call = (*control)->call();
  if (!model::is_live(call)) return done(fail(wrong_state(call, "it is over already")));
  const bool answered = call.answer_time != base::WallTime{};
  if ((*control)->ringing_incoming()) {
    (*control)->refuse(ports::Refusal::declined, model::EndReason::declined);
  } else {
    (*control)->hang_up(answered ? model::EndReason::hung_up : model::EndReason::cancelled,
                        model::EndedBy::local);
  }
  done((*control)->call());
}

// The common door of the verbs for a call that rings here.
CallControl* CallBook::ringing_call(const std::string& reference, const char* wanted,
                                    const Done& done) {
  auto control = find(reference, Eligible::ringing_incoming);
  if (!control) {
    done(fail(control.error()));
    return nullptr;
  }
  if (!(*control)->ringing_incoming()) {
    done(fail(wrong_state((*control)->call(), wanted)));
    return nullptr;
  }
  return *control;
}

// The common door of the verbs that need people talking.
CallControl* CallBook::talking_call(const std::string& reference, const char* wanted,
                                    const Done& done) {
  auto control = find(reference, Eligible::live);
  if (!control) {
    done(fail(control.error()));
    return nullptr;
  }
  if (!(*control)->in_conversation()) {
    done(fail(wrong_state((*control)->call(), wanted)));
    return nullptr;
  }
  return *control;
}

void CallBook::hold(const std::string& reference, Done done) {
  if (CallControl* c = talking_call(reference, "only an active call can be held", done))
    c->set_hold(true, std::move(done));
}

void CallBook::resume(const std::string& reference, Done done) {
  CallControl* c = talking_call(reference, "only a held call can be resumed", done);
  if (!c) return;
  if (!c->call().held_local)
    return done(fail(wrong_state(c->call(), c->call().held_remote
                                                ? "the far end holds it and must resume it"
                                                : "it is not on hold")));
  c->set_hold(false, std::move(done));
}

void CallBook::set_muted(const std::string& reference, bool muted, Done done) {
  auto control = find(reference, Eligible::live);
  if (!control) return done(fail(control.error()));
  if (!model::is_live((*control)->call()))
    return done(fail(wrong_state((*control)->call(), "only a live call can be muted")));
  (*control)->set_muted(muted, std::move(done));
}

void CallBook::set_capture(const std::string& reference, const model::AudioSource& source,
                           Done done) {
  constexpr const char* wanted = "its microphone can be changed once it is active";
  CallControl* c = talking_call(reference, wanted, done);
  if (!c) return;
  with_usable_ends({source, std::nullopt}, std::move(done),
                   [this, id = c->call().id.str(), source](Done then) {
                     if (CallControl* still = talking_call(id, wanted, then))
                       still->set_capture(source, std::move(then));
                   });
}

void CallBook::set_playback(const std::string& reference, const model::AudioSink& sink, Done done) {
  constexpr const char* wanted = "its speaker can be changed once it is active";
  CallControl* c = talking_call(reference, wanted, done);
  if (!c) return;
  with_usable_ends({std::nullopt, sink}, std::move(done),
                   [this, id = c->call().id.str(), sink](Done then) {
                     if (CallControl* still = talking_call(id, wanted, then))
                       still->set_playback(sink, std::move(then));
                   });
}

void CallBook::send_digits(const std::string& reference, const std::string& digits,
                           std::chrono::milliseconds each, Done done) {
  if (!valid_digits(digits))
    return done(
        fail(base::invalid_argument("digits", "digits are 1 to 64 of 0-9 * # A-D and \",\"")));
  if (each.count() == 0) each = std::chrono::milliseconds(120);
  if (each < std::chrono::milliseconds(40) || each > std::chrono::seconds(2))
    return done(fail(base::invalid_argument("duration", "a digit lasts 40 ms to 2 s")));
  auto control = find(reference, Eligible::live);
  if (!control) return done(fail(control.error()));
  // Early media may ask for digits before the answer (RFC 3960).
  if (!model::is_talking((*control)->call()) && (*control)->call().state != CallState::early)
    return done(fail(wrong_state((*control)->call(), "digits need a connected call")));
  (*control)->send_digits(digits, each, std::move(done));
}

void CallBook::record(const std::string& reference, const std::string& path, Done done) {
  if (CallControl* c = talking_call(reference, "only an active call can be recorded", done))
    c->record(path, std::move(done));
}

void CallBook::play(const std::string& reference, const std::string& path, Done done) {
  if (CallControl* c = talking_call(reference, "a file can be played into an active call", done))
    c->play(path, std::move(done));
}

void CallBook::get(const std::string& reference, Done done) {
  auto control = find(reference, Eligible::any);
  if (control) return done((*control)->call());
  if (reference.empty() || control.error().code != Code::not_found)
    return done(fail(control.error()));
  ports::CallQuery query;
  query.id_prefix = reference;
  query.limit = 2;
  store_.query_calls(
      query, [reference, done = std::move(done)](base::Result<std::vector<model::Call>> found) {
        if (!found) return done(fail(found.error()));
        if (found->empty()) return done(fail(base::not_found("call", reference)));
        if (found->size() > 1 && found->front().id.str() != reference)
          return done(fail(Code::invalid_argument, "AMBIGUOUS",
                           "\"" + reference + "\" could be several calls of the log"));
        done(found->front());
      });
}

void CallBook::log(ports::CallQuery query,
                   std::function<void(base::Result<std::vector<model::Call>>)> done) {
  COMMD_ASSERT_THREAD(thread_);
  store_.query_calls(std::move(query), std::move(done));
}

void CallBook::stats(const std::string& reference, StatsDone done) {
  std::vector<CallControl*> wanted;
  if (reference.empty()) {
    for (const auto& [id, control] : calls_)
      if (!control->service() && model::is_live(control->call())) wanted.push_back(control.get());
  } else {
    auto control = find(reference, Eligible::any);
    if (!control) return done(fail(control.error()));
    wanted.push_back(*control);
  }
  struct Gathering {
    size_t missing = 0;
    std::vector<CallStatsOf> all;
    StatsDone done;
  };
  auto gathering = std::make_shared<Gathering>();
  gathering->missing = wanted.size();
  gathering->done = std::move(done);
  if (wanted.empty()) return gathering->done(std::vector<CallStatsOf>{});
  for (CallControl* control : wanted) {
    const model::Call& call = control->call();
    CallStatsOf entry{call.id, base::Duration{0}, {}};
    if (call.answer_time != base::WallTime{})
      entry.duration =
          (model::is_live(call) ? clock_.wall_now() : call.end_time) - call.answer_time;
    control->stats([gathering, entry](model::MediaStats stats) mutable {
      entry.stats = std::move(stats);
      gathering->all.push_back(entry);
      if (--gathering->missing == 0) gathering->done(std::move(gathering->all));
    });
  }
}

}  // namespace commd::core
