#include "media/engine/negotiation.h"

#include <algorithm>

#include "media/engine/negotiation_parts.h"

namespace commd::engine {
namespace {

using base::fail;
using base::Result;
using model::Direction;
using model::Encryption;
using model::PayloadFormat;
using model::SessionDescription;
using model::StreamDescription;

constexpr unsigned default_ptime_ms = 20;
constexpr unsigned shortest_ptime_ms = 10;
constexpr unsigned longest_ptime_ms = 120;

// What the peer wants to receive, within what we can send. Nonsense is as if nothing was said.
unsigned packet_time(const StreamDescription& stream) {
  unsigned wanted = stream.ptime_ms;
  if (wanted < shortest_ptime_ms || wanted > longest_ptime_ms) wanted = default_ptime_ms;
  if (stream.maxptime_ms >= shortest_ptime_ms) wanted = std::min(wanted, stream.maxptime_ms);
  return wanted / 10 * 10;
}

StreamDescription rejected(const StreamDescription& offered) {
  StreamDescription stream;
  stream.mid = offered.mid;
  stream.kind = offered.kind;
  stream.rejected = true;
  stream.direction = Direction::inactive;
  stream.secure_profile = offered.secure_profile;
  stream.feedback_profile = offered.feedback_profile;
  stream.formats = offered.formats;
  return stream;
}

bool has_ice(const model::TransportDescription& transport) {
  return transport.ice && !transport.ice->ufrag.empty();
}

void fill_transport(const LocalTransport& local, bool mux, model::TransportDescription& out) {
  out.ice = local.ice;
  out.rtp = {local.ip, local.rtp_port};
  out.rtcp_mux = mux;
  if (local.rtcp_port != 0 && local.rtcp_port != local.rtp_port + 1)
    out.rtcp = {local.ip, local.rtcp_port};
}

}  // namespace

Result<SocketAddress> Negotiator::target(const model::TransportAddress& address,
                                         Direction direction) const {
  const auto parsed = SocketAddress::parse(address.ip, address.port);
  const auto local = SocketAddress::parse(policy_.local_ip, 0);
  if (!parsed) {
    // A peer on hold may leave out where it would receive.
    if (!model::receives(direction)) return SocketAddress();
    return fail(incompatible("the other side's media address is not an IP address"));
  }
  if (address.port < min_port)
    return fail(incompatible("the other side's media port is below 1024"));
  if (!parsed->is_unicast()) {
    if (!model::receives(direction)) return SocketAddress();
    return fail(incompatible("the other side's media address is not that of a single host"));
  }
  if (local && local->is_ipv6() != parsed->is_ipv6())
    return fail(incompatible("the other side's media address is of another IP version than ours"));
  if (parsed->is_loopback() && !(local && local->is_loopback()))
    return fail(incompatible("the other side's media address is this machine's own loopback"));
  return *parsed;
}

SocketAddress Negotiator::rtcp_target(const model::TransportDescription& transport,
                                      const SocketAddress& rtp, bool mux) const {
  if (!rtp || mux) return rtp;
  SocketAddress rtcp = rtp;
  if (transport.rtcp.port != 0) {
    // Reports to a third host would be reflection.
    const auto described = SocketAddress::parse(
        transport.rtcp.ip.empty() ? rtp.ip() : transport.rtcp.ip, transport.rtcp.port);
    if (!described || !SocketAddress::same_host(*described, rtp) || described->port() < min_port)
      return {};
    return *described;
  }
  if (rtp.port() == UINT16_MAX) return {};
  rtcp.set_port(static_cast<uint16_t>(rtp.port() + 1));
  return rtcp;
}

Result<Negotiator::Selection> Negotiator::select_stream(const SessionDescription& description,
                                                        size_t index, Choice choice) const {
  const StreamDescription& stream = description.streams[index];
  if (stream.kind != model::MediaKind::audio || stream.rejected)
    return fail(incompatible("the other side offers no audio"));
  if (stream.formats.size() > max_formats)
    return fail(incompatible("the other side offers too many formats"));
  Selection selection;
  selection.index = index;
  selection.ice = policy_.ice && has_ice(stream.transport);
  if (policy_.relay_only && !selection.ice)
    return fail(
        incompatible("the other side knows no ICE, without which no relay can be used; "
                     "set relay_only=off to talk to it"));
  auto rtp = target(stream.transport.rtp, stream.direction);
  // Checks will tell which way leads there, and consent that it is wanted.
  if (!rtp && !selection.ice) return fail(rtp.error());
  selection.rtp = rtp.value_or(SocketAddress());
  selection.rtcp = rtcp_target(stream.transport, selection.rtp, stream.transport.rtcp_mux);
  selection.codecs = common_codecs(stream, choice);
  if (selection.codecs.empty()) return fail(incompatible("no audio codec in common"));
  choose_keys(stream.transport, choice, selection);
  if (auto allowed = check_policy(selection, stream.secure_profile); !allowed)
    return fail(allowed.error());
  if (auto kept = check_downgrade(selection, choice); !kept) return fail(kept.error());
  return selection;
}

Result<Negotiator::Selection> Negotiator::select(const SessionDescription& offer) const {
  if (offer.streams.empty()) return fail(incompatible("the other side offers no media"));
  if (offer.streams.size() > max_streams)
    return fail(incompatible("the other side offers too many streams"));
  if (agreed_.established && agreed_.audio < offer.streams.size()) {
    if (auto same = select_stream(offer, agreed_.audio, Choice::ours)) return same;
  }
  std::optional<base::Error> reason;
  for (size_t i = 0; i < offer.streams.size(); ++i) {
    auto selection = select_stream(offer, i, Choice::ours);
    if (selection) return selection;
    // The first audio stream's reason says most; a lone video stream's says little.
    if (!reason || offer.streams[i].kind == model::MediaKind::audio) reason = selection.error();
  }
  return fail(*reason);
}

std::optional<Negotiator::IceOf> Negotiator::ice_of_offer(const SessionDescription& offer) const {
  const auto selection = select(offer);
  if (!selection || !selection->ice) return std::nullopt;
  const model::TransportDescription& transport = offer.streams[selection->index].transport;
  return IceOf{*transport.ice, transport.rtcp_mux};
}

std::optional<Negotiator::IceOf> Negotiator::ice_of_answer(const SessionDescription& answer) const {
  if (!offered_audio_ || !offered_audio_->transport.ice || audio() >= answer.streams.size())
    return std::nullopt;
  const StreamDescription& stream = answer.streams[audio()];
  if (stream.rejected || !has_ice(stream.transport)) return std::nullopt;
  return IceOf{*stream.transport.ice, stream.transport.rtcp_mux};
}

Result<void> Negotiator::acceptable(const SessionDescription& offer) const {
  return select(offer).map([](const Selection&) {});
}

Result<SessionDescription> Negotiator::offer(Direction direction, const LocalTransport& local) {
  std::vector<CodecCapability> codecs = policy_.codecs;
  std::erase_if(codecs, [](const CodecCapability& codec) { return !codec.offered; });
  if (codecs.empty())
    return fail(base::Code::unavailable, "CODEC_UNAVAILABLE",
                "none of the codecs that this call may use is installed: change `codecs`, "
                "`commctl status` lists those that are");
  if (only_zrtp_is_safe() && !offers_zrtp())
    return fail(
        encryption_required("the keys would be readable in the signalling, or could be replaced "
                            "there; use TLS, or set encryption=preferred"));
  Agreed next = agreed_;
  next.keys = keys_to_offer();
  if (!agreed_.established) {
    next.streams.assign(1, {});
    next.audio = 0;
    next.secure_profile = policy_.encryption == Encryption::required;
  }
  StreamDescription audio;
  audio.mid = next.streams[next.audio].mid;
  audio.kind = model::MediaKind::audio;
  audio.direction = direction;
  audio.secure_profile = next.secure_profile;
  audio.feedback_profile = next.feedback_profile;
  fill_transport(local, true, audio.transport);
  for (const OwnKey& key : next.keys) audio.transport.sdes.push_back(to_line(key.tag, key.params));
  if (offers_dtls()) audio.transport.dtls = own_dtls(model::DtlsParameters::Setup::actpass);
  if (offers_zrtp()) audio.transport.zrtp_hash = policy_.zrtp->hello.signalled();
  audio.formats = next.payload_types.offer(codecs);
  audio.ptime_ms = default_ptime_ms;

  SessionDescription description;
  for (const StreamDescription& stream : next.streams)
    description.streams.push_back(rejected(stream));
  description.streams[next.audio] = audio;
  next.streams[next.audio] = audio;
  forking_ = !agreed_.established;
  pending_ = std::move(next);
  offered_audio_ = std::move(audio);
  return description;
}

void Negotiator::rollback() {
  pending_.reset();
  offered_audio_.reset();
}

StreamDescription Negotiator::describe(const Selection& selection, const StreamDescription& offered,
                                       Direction wanted, const LocalTransport& local,
                                       const std::optional<OwnKey>& key) const {
  StreamDescription stream;
  stream.mid = offered.mid;
  stream.kind = offered.kind;
  stream.direction = model::intersect(wanted, offered.direction);
  stream.secure_profile = offered.secure_profile;
  stream.feedback_profile = offered.feedback_profile;
  fill_transport(local, offered.transport.rtcp_mux, stream.transport);
  if (!selection.ice) stream.transport.ice.reset();
  if (key) stream.transport.sdes.push_back(to_line(key->tag, key->params));
  if (selection.dtls) stream.transport.dtls = own_dtls(setup_of(selection.dtls->role));
  if (selection.zrtp) stream.transport.zrtp_hash = policy_.zrtp->hello.signalled();
  stream.ptime_ms = default_ptime_ms;
  const auto has_clock = [&](uint32_t clock_rate) {
    return std::any_of(selection.codecs.begin(), selection.codecs.end(),
                       [&](const auto& codec) { return codec.format.clock_rate == clock_rate; });
  };
  for (const NegotiatedFormat& codec : selection.codecs) {
    PayloadFormat format = codec.format;
    format.parameters = find_codec(policy_.codecs, codec.format)->parameters;
    format.feedback.clear();
    stream.formats.push_back(std::move(format));
  }
  for (const PayloadFormat& format : offered.formats) {
    if (!is_telephone_event(format) || format.payload_type > max_payload_type) continue;
    if (format.clock_rate != 8000 && !has_clock(format.clock_rate)) continue;
    const bool taken =
        std::any_of(stream.formats.begin(), stream.formats.end(),
                    [&](const auto& other) { return other.payload_type == format.payload_type; });
    if (taken || format.clock_rate == 0) continue;
    stream.formats.push_back(format);
    stream.formats.back().parameters = {{"0-15", ""}};
    stream.formats.back().feedback.clear();
  }
  return stream;
}

Result<Negotiator::Answer> Negotiator::answer(const SessionDescription& offer, Direction wanted,
                                              const LocalTransport& local) {
  auto selection = select(offer);
  if (!selection) return fail(selection.error());
  const StreamDescription& offered = offer.streams[selection->index];
  std::optional<OwnKey> key;
  if (selection->key) key = key_for_answer(*selection->key);

  Answer answer;
  for (const StreamDescription& stream : offer.streams)
    answer.description.streams.push_back(rejected(stream));
  StreamDescription audio = describe(*selection, offered, wanted, local, key);
  answer.description.streams[selection->index] = audio;

  MediaPlan& plan = answer.plan;
  plan.direction = audio.direction;
  plan.remote_rtp = selection->rtp;
  plan.remote_rtcp = selection->rtcp;
  plan.rtcp_mux = offered.transport.rtcp_mux;
  plan.ice = selection->ice && local.ice;
  plan.send = selection->codecs.front();
  plan.send_events = choose_events(offered.formats, plan.send.format.clock_rate);
  plan.ptime_ms = packet_time(offered);
  if (key) plan.keys = SdesKeys{key->params, selection->key->params};
  plan.dtls = selection->dtls;
  plan.zrtp = selection->zrtp;
  add_receive_formats(audio, offered, *selection, plan);

  // What was once agreed on is ours to offer from then on.
  for (CodecCapability& codec : policy_.codecs)
    if (matches(codec, plan.send.format)) codec.offered = true;
  Agreed next = std::move(agreed_);
  next.established = true;
  next.audio = selection->index;
  next.streams = answer.description.streams;
  next.secure_profile = offered.secure_profile;
  next.feedback_profile = offered.feedback_profile;
  next.payload_types.learn(audio.formats);
  next.keys.clear();
  next.keyed = selection->is_secure();
  next.dtls = selection->dtls;
  next.zrtp = selection->zrtp;
  next.peer_key.reset();
  if (key) {
    next.keys.push_back(*key);
    next.peer_key = selection->key->params;
  }
  agreed_ = std::move(next);
  rollback();
  return answer;
}

Result<MediaPlan> Negotiator::apply_answer(const SessionDescription& answer) {
  if (!offered_audio_)
    return fail(base::Code::failed_precondition, "NO_OFFER", "an answer without an offer of ours");
  Agreed next = pending_ ? *pending_ : agreed_;
  if (answer.streams.size() > max_streams || next.audio >= answer.streams.size())
    return fail(incompatible("the other side's answer does not fit our offer"));
  const StreamDescription& stream = answer.streams[next.audio];
  auto selection = select_stream(answer, next.audio, Choice::theirs);
  if (!selection) {
    if (stream.rejected) return fail(incompatible("the other side refused the audio stream"));
    return fail(selection.error());
  }
  MediaPlan plan;
  if (auto keyed = take_answered_keys(*selection, next, plan); !keyed) return fail(keyed.error());
  if (offered_audio_->secure_profile && !plan.is_secure())
    return fail(encryption_required("the other side answered without encryption"));
  plan.direction = model::intersect(offered_audio_->direction, stream.direction);
  plan.remote_rtp = selection->rtp;
  plan.remote_rtcp = selection->rtcp;
  plan.rtcp_mux = stream.transport.rtcp_mux;
  plan.ice = selection->ice && offered_audio_->transport.ice;
  plan.send = selection->codecs.front();
  plan.send_events = choose_events(stream.formats, plan.send.format.clock_rate);
  plan.ptime_ms = packet_time(stream);
  add_receive_formats(*offered_audio_, stream, *selection, plan);
  next.established = true;
  agreed_ = std::move(next);
  pending_.reset();
  return plan;
}

}  // namespace commd::engine
