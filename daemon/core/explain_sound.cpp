// What comes and what is sent, in a call that is answered and has its way and its keys.
#include <cmath>

#include "daemon/core/explain.h"
#include "daemon/core/explain_rules.h"

namespace commd::core {
namespace {

using model::CallState;
using model::Finding;
using model::MediaEvidence;
using Severity = Finding::Severity;
using std::chrono::milliseconds;

// What is quieter is no microphone: G.711's own silence is -72 dBov.
constexpr double silent_received_dbov = -70;
constexpr double silent_sent_dbov = -85;
// The last packet is no older: packets come, and the level is of what is in them.
constexpr milliseconds comes_now{200};
// A report that was made when we had sent for less says nothing of us.
constexpr milliseconds sent_before_report{700};
constexpr milliseconds stopped_after{3000};
constexpr uint64_t many_send_errors = 25;
constexpr double high_loss = 0.03;
constexpr double high_late = 0.05;
constexpr double high_jitter_ms = 40;
constexpr double high_round_trip_ms = 400;
constexpr uint64_t packets_for_quality = 100;

std::string percent(double ratio) {
  return std::to_string(static_cast<int>(std::lround(ratio * 100))) + " %";
}

std::string in_ms(double ms) { return std::to_string(std::lround(ms)) + " ms"; }

bool ended(const CallFacts& facts) { return facts.call.state == CallState::ended; }

// It has had time to be heard.
bool due(const CallFacts& facts) { return facts.since_usable >= patience_with_silence; }

// Whether sound should come, and go, as the two ends have agreed.
bool should_receive(const CallFacts& facts) {
  return !facts.call.held_local && !facts.call.held_remote &&
         (!facts.theirs.known || model::sends(facts.theirs.direction)) &&
         (!facts.ours.known || model::receives(facts.ours.direction));
}
bool should_send(const CallFacts& facts) {
  return !facts.call.held_local && !facts.call.held_remote &&
         (!facts.theirs.known || model::receives(facts.theirs.direction)) &&
         (!facts.ours.known || model::sends(facts.ours.direction));
}

// Packets come, and none of them can be used.
Findings useless_packets(const CallFacts& facts, const MediaEvidence& seen) {
  if (seen.undecipherable > 0)
    return {{Severity::problem, "WRONG_KEYS",
             "Packets come from the far end, but they cannot be decrypted with the keys that were "
             "agreed on (" +
                 std::to_string(seen.undecipherable) + " so far): it uses other keys, or none.",
             "Call again. If it stays so, the far end or a server between does not keep to the "
             "keys of the signalling: update it, or switch its SRTP off and on."}};
  if (seen.unknown_format > 0)
    return {{Severity::problem, "UNEXPECTED_CODEC",
             "Packets come, but in a format that was not agreed on (RTP payload type " +
                 std::to_string(seen.unknown_payload_type) + "); agreed was " +
                 (facts.call.codec.empty() ? "none" : facts.call.codec) + ".",
             "Set the codecs of the far end, or its server's transcoding, to what it agrees to; "
             "or offer one codec only: commctl account set ACCOUNT codecs=PCMU"}};
  if (seen.elsewhere > 0) {
    std::string text = "Packets come from " + seen.elsewhere_address +
                       ", which is not where the far end said it is";
    if (facts.theirs.rtp)
      text += " (" + facts.theirs.rtp.ip + ":" + std::to_string(facts.theirs.rtp.port) + ")";
    text += "; they are not taken, as anybody could send them.";
    return {{Severity::problem, "OTHER_ADDRESS", std::move(text),
             "If the far end is behind a router that rewrites addresses: commctl account set "
             "ACCOUNT latch=on (or ice=on, or encryption, which proves who sends)."}};
  }
  return {};
}

Finding nothing_comes(const CallFacts& facts, const model::MediaStats& stats) {
  if (stats.evidence.reports > 0)
    return {Severity::problem, "FAR_END_SENDS_NOTHING",
            "The far end is there (its reports arrive), but it sends no sound.",
            "Its microphone is switched off or missing, or the port of its sound is blocked on "
            "the way: ask the far end to look at its microphone; then at its firewall."};
  std::string text = "Nothing at all comes from the far end: no sound and no reports";
  if (!stats.local_address.empty()) text += " reached " + stats.local_address;
  text += ".";
  const std::string& ip = facts.theirs.rtp.ip;
  if (!facts.theirs.ice && is_private_ip(ip) && !facts.signalling_peer_ip.empty() &&
      !is_private_ip(facts.signalling_peer_ip))
    return {Severity::problem, "PRIVATE_ADDRESS",
            text + " The far end has described a private address (" + ip +
                "), which only its own network reaches.",
            "The far end has to use STUN, ICE or a server that relays media; here: commctl "
            "account set ACCOUNT ice=on, or latch=on."};
  return {Severity::problem, "NOTHING_RECEIVED", std::move(text),
          "A firewall or a router on the way drops the packets. Let UDP in to the ports of "
          "[media] rtp_ports; or go by ICE (commctl account set ACCOUNT ice=on, with a TURN "
          "server in turn=)."};
}

// Nobody speaks here, and nothing plays into the call: of one that has ended, never did.
bool sends_silence(const CallFacts& facts, const model::MediaStats& stats) {
  if (facts.call.capture.kind != model::AudioSource::Kind::none) return false;
  if (ended(facts)) return stats.evidence.sent_peak_dbov <= silent_sent_dbov;
  return !facts.call.playing && stats.sent.level_dbov <= silent_sent_dbov;
}

Findings explain_quality(const model::MediaStats& stats) {
  Findings all;
  if (stats.received.packets < packets_for_quality) return all;
  if (stats.received.loss_ratio >= high_loss)
    all.push_back({Severity::warning, "LOSS_HIGH",
                   percent(stats.received.loss_ratio) + " of what the far end sends is lost.",
                   "The network is weak or full: use a cable instead of wireless, stop large "
                   "downloads; Opus bears loss best."});
  const auto late =
      static_cast<double>(stats.packets_late) / static_cast<double>(stats.received.packets);
  if (stats.received.jitter_ms >= high_jitter_ms || late >= high_late)
    all.push_back({Severity::warning, "JITTER_HIGH",
                   "What comes is unevenly late (jitter " + in_ms(stats.received.jitter_ms) +
                       "), " + percent(late) + " of it after its turn.",
                   "The network is full or wireless: use a cable, stop large downloads."});
  if (stats.round_trip_ms >= high_round_trip_ms)
    all.push_back({Severity::warning, "DELAY_HIGH",
                   "A word takes long: " + in_ms(stats.round_trip_ms) + " there and back.",
                   "The way is long or full; a relay that is nearer helps."});
  return all;
}

Findings explain_sending(const model::MediaStats& stats) {
  const MediaEvidence& seen = stats.evidence;
  if (seen.send_errors >= many_send_errors && seen.last_send_error < stopped_after)
    return {{Severity::problem, "CANNOT_SEND",
             "This machine cannot send to the far end (" + stats.remote_address +
                 "): " + seen.send_error + ".",
             "Look at the network of this machine: it has no way there, its address has changed, "
             "or its own firewall forbids it."}};
  if (seen.first_sent < base::Duration::zero())
    return {{Severity::problem, "NOTHING_SENT", "Nothing was sent to the far end so far.",
             "The far end has told no address where it takes sound; commctl explain --trace shows "
             "what it said."}};
  const bool judged = seen.reports > 0 && seen.last_report >= base::Duration::zero() &&
                      seen.first_sent - seen.last_report >= sent_before_report;
  if ((judged && !seen.heard) || (seen.heard && stats.sent.loss_ratio >= 0.9))
    return {{Severity::problem, "NOT_HEARD",
             "The far end reports that nothing of what this end sends arrives (sent to " +
                 stats.remote_address + ").",
             "A firewall or a router drops it, or the address that the far end described leads "
             "elsewhere. Have the far end use ICE or STUN, and switch ice=on here; or have a "
             "server relay the media."}};
  if (seen.heard && stats.sent.packets >= packets_for_quality && stats.sent.loss_ratio >= high_loss)
    return {{Severity::warning, "LOSS_HIGH_TOWARDS",
             percent(stats.sent.loss_ratio) + " of what this end sends is lost on the way.",
             "The network is weak or full: use a cable instead of wireless, stop large uploads."}};
  return {};
}

}  // namespace

Findings explain_heard(const CallFacts& facts) {
  if (!facts.stats) return {};
  const model::MediaStats& stats = *facts.stats;
  Findings held;
  if (facts.call.held_remote)
    held.push_back(
        {Severity::info, "HELD_BY_FAR_END",
         "The far end has put the call on hold; it hears and says nothing until it resumes.",
         "Wait, or call again."});
  if (facts.call.held_local)
    held.push_back({Severity::info, "HELD_HERE", "The call is on hold here.",
                    "Go on with it: commctl calls resume"});
  if (!held.empty()) return held;
  if (!should_receive(facts))
    return {{Severity::info, "FAR_END_ONLY_LISTENS",
             "The two ends have agreed that the far end sends no sound.",
             "If it should, its program or its server has to offer that (sendrecv)."}};
  if (stats.received.packets == 0) {
    if (!due(facts)) return {};
    Findings useless = useless_packets(facts, stats.evidence);
    return useless.empty() ? Findings{nothing_comes(facts, stats)} : useless;
  }
  Findings all;
  const MediaEvidence& seen = stats.evidence;
  // That nothing came any more is said by the end itself.
  const bool told = ended(facts) && facts.call.end_reason == model::EndReason::media_lost;
  // While it was on hold none was to come.
  const bool stopped =
      stats.since_last_packet >= stopped_after && facts.since_usable >= stopped_after;
  if (!told && stopped)
    all.push_back({Severity::problem, "SOUND_STOPPED",
                   "Sound came from the far end, then it stopped " +
                       in_seconds(stats.since_last_packet) +
                       (ended(facts) ? " before the call ended." : " ago."),
                   "The far end has lost its network, or this machine has: wait, then call again. "
                   "A far end with ICE finds a new way by itself."});
  else if (seen.undecipherable > stats.received.packets / 10 + 10)
    all = useless_packets(facts, seen);
  else if (due(facts) && seen.received_peak_dbov <= silent_received_dbov)
    all.push_back({Severity::problem, "FAR_END_SILENT",
                   "Packets come from the far end, but there is only silence in them.",
                   "Ask the far end to look at its microphone: it is muted, turned down, or the "
                   "wrong one."});
  else if (!ended(facts) && due(facts) && stats.since_last_packet <= comes_now &&
           stats.received.level_dbov <= silent_received_dbov)
    // Only the last tenth of a second is known: it may be a pause.
    all.push_back({Severity::warning, "FAR_END_SILENT",
                   "Packets come from the far end, but at this moment there is only silence in "
                   "them; there was sound before.",
                   "Ask again in some seconds. If it stays so, the far end has muted its "
                   "microphone, or nobody speaks."});
  if (!facts.playback_trouble.empty())
    all.push_back(
        {Severity::problem, "PLAYBACK_UNUSABLE",
         "Sound comes, but cannot be played here: " + joined(facts.playback_trouble) + ".",
         "Plug the device in or choose another: commctl device list, [audio] playback."});
  for (Finding& one : explain_quality(stats)) all.push_back(std::move(one));
  return all;
}

Findings explain_said(const CallFacts& facts) {
  if (!facts.stats || facts.call.held_local || facts.call.held_remote) return {};
  const model::MediaStats& stats = *facts.stats;
  Findings all;
  if (!should_send(facts))
    return {{Severity::info, "FAR_END_ONLY_TALKS",
             "The two ends have agreed that the far end hears nothing.",
             "If it should, its program or its server has to offer that (sendrecv)."}};
  if (due(facts) && !facts.call.muted) all = explain_sending(stats);
  if (!facts.capture_trouble.empty())
    all.push_back({Severity::problem, "CAPTURE_UNUSABLE",
                   "The far end hears nothing of you: " + joined(facts.capture_trouble) + ".",
                   "Plug the microphone in or choose another: commctl device list, [audio] "
                   "capture, or commctl device test."});
  else if (facts.call.muted)
    all.push_back({Severity::info, "MUTED", "You are muted here: the far end hears nothing.",
                   "commctl calls unmute"});
  else if (sends_silence(facts, stats))
    all.push_back({Severity::info, "NO_CAPTURE",
                   "This end sends silence, for the call has no microphone (capture none).",
                   "A file can be played into this call: commctl calls play CALL FILE. Name a "
                   "microphone for the next one: commctl call, or calls answer, with --capture "
                   "default; or [audio] capture in commd.toml"});
  else if (facts.call.capture.kind == model::AudioSource::Kind::device && due(facts) &&
           stats.evidence.sent_peak_dbov <= silent_sent_dbov)
    all.push_back({Severity::problem, "MICROPHONE_SILENT",
                   "The microphone here gives nothing but silence, so the far end hears nothing.",
                   "It is muted, turned down or the wrong one: look at the sound settings, or try "
                   "commctl device test."});
  return all;
}

}  // namespace commd::core
