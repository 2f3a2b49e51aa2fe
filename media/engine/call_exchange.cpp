// Offer and answer of a CallSession: what has to be there before a description can be made
// (codecs that are plugins, sockets, a path of ICE), and what follows from one.
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "media/engine/call_session.h"

namespace commd::engine {

using base::fail;
using base::Result;
using model::BranchId;
using model::Direction;
using model::SecurityLevel;
using model::SessionDescription;

namespace {

uint16_t port_of(const base::UniqueFd& socket) {
  SocketAddress address;
  socklen_t size = SocketAddress::capacity;
  if (!socket || ::getsockname(socket.get(), address.writable(), &size) != 0) return 0;
  return address.port();
}

}  // namespace

void CallSession::fail_later(Described done, base::Error error) {
  link_.later([done = std::move(done), error = std::move(error)] { done(fail(error)); });
}

// An address that is gone before anything was bound to it is followed by the present one.
Result<UdpPair> CallSession::open_pair(UdpPorts::Rtcp rtcp) {
  auto pair = engine_.ports_.open(config_.local_ip, rtcp);
  if (pair || pair.error().reason != "LOCAL_ADDRESS_UNUSABLE") return pair;
  const std::string now = engine_.local_towards(config_.signalling_peer_ip);
  if (now.empty() || now == config_.local_ip) return pair;
  config_.local_ip = way_ip_ = now;
  return engine_.ports_.open(now, rtcp);
}

Result<LocalTransport> CallSession::open_sockets(UdpPorts::Rtcp rtcp) {
  if (transport_.rtp_port != 0) return transport_;
  auto pair = open_pair(rtcp);
  if (!pair) return fail(pair.error());
  transport_.ip = config_.local_ip;
  transport_.rtp_port = pair->rtp_port;
  if (pair->rtcp) transport_.rtcp_port = static_cast<uint16_t>(pair->rtp_port + 1);
  lease_ = std::move(pair->lease);
  sockets_ = std::move(*pair);
  return transport_;
}

// A list that names a codec wants it, so that only what works is offered. What is
// offered by default is loaded when the peer has chosen it.
std::vector<model::PayloadFormat> CallSession::plugins_to_offer() const {
  if (MediaEngine::has_default_codecs(config_)) return {};
  return negotiator_.plugins_to_offer();
}

bool CallSession::queued(std::function<void()> step) {
  if (preparing_) waiting_.push_back(std::move(step));
  return preparing_;
}

void CallSession::prepared(const std::function<void()>& again) {
  preparing_ = false;
  again();
  while (!preparing_ && !waiting_.empty()) {
    const auto step = std::move(waiting_.front());
    waiting_.pop_front();
    step();
  }
}

bool CallSession::load_first(const std::vector<model::PayloadFormat>& formats,
                             std::function<void()> again) {
  for (const model::PayloadFormat& format : formats) {
    const codec::CodecInfo* info = engine_.parts_.codecs.find(format.name, format.clock_rate);
    if (info == nullptr || engine_.plugins_.is_ready(*info)) continue;
    preparing_ = true;
    engine_.plugins_.load(
        *info, link_.on_core([this, name = info->rtp_name, again = std::move(again)](
                                 const Result<void>& result) { loaded(name, result, again); }));
    return true;
  }
  return false;
}

void CallSession::loaded(const std::string& codec, const Result<void>& result,
                         const std::function<void()>& again) {
  if (!result) {
    negotiator_.leave_out(codec);
    unavailable_ = result.error();
  }
  prepared(again);
}

base::Error CallSession::reason_of(const base::Error& error) const {
  return error.reason == "INCOMPATIBLE_MEDIA" ? unavailable_.value_or(error) : error;
}

bool CallSession::prepare_ice(const Negotiator::IceOf* theirs, std::function<void()> again) {
  if (!ice_.enabled() || !negotiator_.may_use_ice()) return true;
  auto then = [this, again = std::move(again)] { prepared(again); };
  const auto ready =
      theirs != nullptr ? ice_.prepare_answer(*theirs, then) : ice_.prepare_offer(then);
  preparing_ = ready == CallIce::Ready::later;
  return !preparing_;
}

Result<LocalTransport> CallSession::local_transport(UdpPorts::Rtcp rtcp) {
  base::Error no_relay{base::Code::unavailable,
                       "RELAY_UNAVAILABLE",
                       "no relay could be used, and relay_only forbids every other way",
                       {}};
  if (ice_.can_describe()) {
    auto local = ice_.describe();
    // What is found later cannot be told.
    const bool nothing = !config_.ice.trickle && local.ice->candidates.empty();
    if (config_.ice.relay_only && nothing) return fail(std::move(no_relay));
    return local;
  }
  if (config_.ice.relay_only) return fail(ice_.trouble().value_or(std::move(no_relay)));
  negotiator_.leave_ice();
  return open_sockets(rtcp);
}

void CallSession::offer(Direction direction, Described done) {
  COMMD_ASSERT_THREAD(engine_.core_);
  const auto again = [=, this] { offer(direction, done); };
  if (queued(again) || load_first(plugins_to_offer(), again)) return;
  asked_ = false;
  if (!prepare_ice(nullptr, again)) return;
  // Whether the peer shares the port is known only with its answer.
  auto local = local_transport(UdpPorts::Rtcp::own_port);
  if (!local) return fail_later(std::move(done), local.error());
  auto description = negotiator_.offer(direction, *local);
  if (description) offered_ = direction;
  link_.later(
      [done = std::move(done), description = std::move(description)] { done(description); });
}

void CallSession::answer(const SessionDescription& offer, Direction direction, Described done) {
  COMMD_ASSERT_THREAD(engine_.core_);
  const auto again = [=, this] { answer(offer, direction, done); };
  if (queued(again) || load_first(negotiator_.plugins_to_answer(offer), again)) return;
  if (auto acceptable = negotiator_.acceptable(offer); !acceptable)
    return fail_later(std::move(done), reason_of(acceptable.error()));
  const auto theirs = negotiator_.ice_of_offer(offer);
  if (theirs && !prepare_ice(&*theirs, again)) return;
  // A far end that has moved to a place without ICE.
  if (!theirs) ice_.drop();
  const bool mux = std::any_of(offer.streams.begin(), offer.streams.end(), [](const auto& stream) {
    return stream.kind == model::MediaKind::audio && !stream.rejected && stream.transport.rtcp_mux;
  });
  auto local = local_transport(mux ? UdpPorts::Rtcp::shared : UdpPorts::Rtcp::own_port);
  if (!local) return fail_later(std::move(done), local.error());
  auto answer = negotiator_.answer(offer, direction, *local);
  if (!answer) return fail_later(std::move(done), answer.error());
  if (theirs && answer->plan.ice) ice_.begin(theirs->parameters);
  const bool first = branches_.empty();
  use_plan(current_, std::move(answer->plan), direction);
  if (first) {
    decided_ = true;
    choose_branch(current_);
  }
  link_.later([done = std::move(done), description = std::move(answer->description)] {
    done(description);
  });
}

void CallSession::adopt(std::vector<base::UniqueFd> sockets) {
  sockets_.emplace();
  if (!sockets.empty()) sockets_->rtp = std::move(sockets.front());
  if (sockets.size() > 1) sockets_->rtcp = std::move(sockets.back());
  if (sockets_->rtp) {
    transport_ = {config_.local_ip, port_of(sockets_->rtp), port_of(sockets_->rtcp), {}};
    return;
  }
  // The default candidate was not one of this machine's own.
  sockets_.reset();
  if (const auto opened = open_sockets(UdpPorts::Rtcp::own_port); !opened)
    link_.later([this, error = opened.error()] { observer_.media_failed(error); });
}

void CallSession::apply_answer(const BranchId& branch, const SessionDescription& answer,
                               Done done) {
  COMMD_ASSERT_THREAD(engine_.core_);
  const auto again = [=, this] { apply_answer(branch, answer, done); };
  if (queued(again) || load_first(negotiator_.plugins_in_answer(answer), again)) return;
  const auto theirs = negotiator_.ice_of_answer(answer);
  auto plan = negotiator_.apply_answer(answer);
  if (!plan) {
    link_.later([done = std::move(done), error = reason_of(plan.error())] { done(fail(error)); });
    return;
  }
  const bool forked = !chosen_ && ice_branch_ && *ice_branch_ != branch;
  if (theirs && !forked) {
    if (ice_.offered()) ice_branch_ = branch;
    ice_.begin(theirs->parameters);
  }
  auto go_on = [=, this, plan = std::move(*plan)] {
    const bool first = branches_.empty();
    use_plan(chosen_ ? current_ : branch, plan, offered_);
    if (first && decided_) choose_branch(branch);
    link_.later([done] { done({}); });
    if (std::exchange(stale_offer_, false)) find_new_way();
  };
  if (theirs || forked || !(ice_.offered() || ice_.in_use())) return go_on();
  negotiator_.leave_ice();
  if (!ice_.can_describe()) {
    ice_.drop();
    adopt({});
    return go_on();
  }
  // The default candidate goes on as any other socket.
  preparing_ = true;
  ice_.give_up([this, go_on = std::move(go_on)](std::vector<base::UniqueFd> sockets) {
    adopt(std::move(sockets));
    prepared(go_on);
  });
}

void CallSession::add_remote_transport(const BranchId& branch, size_t stream,
                                       const model::TransportDescription& news) {
  if (queued([=, this] { add_remote_transport(branch, stream, news); })) return;
  if (stream == negotiator_.audio() && news.ice) ice_.add_remote(*news.ice);
}

CallSession::Agreed CallSession::summary(const MediaPlan& plan) const {
  Agreed agreed;
  agreed.codec = plan.send.format.name + "/" + std::to_string(plan.send.format.clock_rate);
  agreed.sample_rate = plan.send.sample_rate;
  if (plan.send_events && model::sends(plan.direction)) agreed.events = plan.send_events->events;
  agreed.dtls = plan.dtls;
  agreed.zrtp = plan.zrtp;
  if (plan.keys) {
    agreed.security.level =
        config_.signalling_protected ? SecurityLevel::encrypted : SecurityLevel::key_exposed;
    agreed.security.mechanism = "SDES";
    agreed.security.suite = srtp::suite_name(plan.keys->outbound.key.profile());
  }
  return agreed;
}

void CallSession::trace_awaited(const Agreed& agreed) {
  const std::string how = agreed.zrtp ? "ZRTP" : "DTLS";
  std::string text = "keys are to be agreed on in the media path";
  if (agreed.dtls)
    text +=
        agreed.dtls->role == DtlsPlan::Role::passive ? ", the far end begins" : ", this end begins";
  link_.later([this, how, text] {
    observer_.traced({model::TraceStep::Kind::keys, "KEYS_AWAITED", text, {{"by", how}}});
  });
}

void CallSession::use_plan(const BranchId& branch, MediaPlan plan, Direction wanted) {
  Agreed agreed = summary(plan);
  // The association goes on.
  const Agreed& before = branches_[branch];
  if ((agreed.dtls && before.dtls == agreed.dtls) || (agreed.zrtp && before.zrtp == agreed.zrtp)) {
    agreed.security = before.security;
    agreed.words = before.words;
  } else if (agreed.dtls || agreed.zrtp) {
    trace_awaited(agreed);
  }
  branches_[branch] = std::move(agreed);
  current_ = branch;
  // One path leads to one branch: the others wait for the choice.
  if (!chosen_ && ice_branch_ && *ice_branch_ != branch) {
    parked_.insert_or_assign(branch, Parked{std::move(plan), wanted});
    return tell_changes();
  }
  run_plan(branch, std::move(plan), wanted);
  tell_changes();
}

void CallSession::run_plan(const BranchId& branch, MediaPlan plan, Direction wanted) {
  const bool first = !link_.attached();
  if (first) start_media();
  plan.ice = plan.ice && ice_.in_use();
  if (plan.ice) {
    ice_.use_components(plan.rtcp_mux ? rtp_component : rtcp_component);
    // Null while another one is still to be found.
    link_.command([path = ice_.path()](CallMedia& media) { media.use_path(path); });
  } else if (sockets_) {
    link_.command([sockets = std::move(*sockets_)](CallMedia& media) mutable {
      media.use_sockets(std::move(sockets));
    });
    sockets_.reset();
  }
  link_.command([branch, plan = std::move(plan), held = !model::receives(wanted)](
                    CallMedia& media) { media.set_plan(branch, plan, held); });
  if (!first) return;
  local_audio_.set_capture(config_.capture, rate(), failing(End::capture));
  local_audio_.set_playback(config_.playback, rate(), failing(End::playback));
}

// The path leads to another branch than the one that is chosen: that is offered a new one.
void CallSession::leave_path_of_another(const BranchId& chosen) {
  if (!ice_branch_ || *ice_branch_ == chosen) return;
  ice_branch_.reset();
  ice_.lose();
  link_.command([](CallMedia& media) { media.use_path(nullptr); });
  link_.later([this] { observer_.restart_wanted(); });
}

// What waited for the choice.
void CallSession::unpark(const BranchId& branch) {
  auto parked = std::exchange(parked_, {});
  const auto found = parked.find(branch);
  if (found == parked.end()) return;
  if (!found->second.plan.ice) {
    ice_.drop();
    negotiator_.leave_ice();
    if (const auto opened = open_sockets(UdpPorts::Rtcp::own_port); !opened)
      link_.later([this, error = opened.error()] { observer_.media_failed(error); });
  }
  run_plan(branch, std::move(found->second.plan), found->second.wanted);
}

}  // namespace commd::engine
