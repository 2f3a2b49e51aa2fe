#include "media/mixer/mixer.h"

#include <algorithm>
#include <limits>

namespace commd::mixer {
namespace {

int16_t saturate(int32_t sample) {
  return static_cast<int16_t>(std::clamp<int32_t>(sample, std::numeric_limits<int16_t>::min(),
                                                  std::numeric_limits<int16_t>::max()));
}

}  // namespace

Mixer::Member Mixer::add_member() { return next_member_++; }

void Mixer::remove_member(Member member) {
  std::erase_if(sources_, [&](const Source& source) { return source.member == member; });
  std::erase_if(listeners_, [&](const Listener& listener) { return listener.member == member; });
}

void Mixer::add_input(Member member, AudioInput& input) {
  const auto after =
      std::upper_bound(sources_.begin(), sources_.end(), member,
                       [](Member value, const Source& source) { return value < source.member; });
  sources_.insert(after, {member, &input, false});
}

void Mixer::remove_input(AudioInput& input) {
  std::erase_if(sources_, [&](const Source& source) { return source.input == &input; });
}

void Mixer::add_output(Member member, AudioOutput& output) {
  listeners_.push_back({member, &output});
}

void Mixer::remove_output(AudioOutput& output) {
  std::erase_if(listeners_, [&](const Listener& listener) { return listener.output == &output; });
}

void Mixer::pull_inputs(size_t samples, MixBuffers& buffers) {
  buffers.inputs_.resize(std::max(buffers.inputs_.size(), sources_.size() * samples));
  active_ = 0;
  int16_t* frame = buffers.inputs_.data();
  for (Source& source : sources_) {
    source.active = source.input->pull({frame, samples});
    if (source.active) ++active_;
    frame += samples;
  }
}

void Mixer::sum_inputs(size_t samples, MixBuffers& buffers) const {
  buffers.total_.assign(samples, 0);
  const int16_t* frame = buffers.inputs_.data();
  for (const Source& source : sources_) {
    if (source.active)
      for (size_t i = 0; i < samples; ++i) buffers.total_[i] += frame[i];
    frame += samples;
  }
  buffers.common_.resize(samples);
  std::transform(buffers.total_.begin(), buffers.total_.end(), buffers.common_.begin(), saturate);
}

std::span<const Mixer::Source> Mixer::sources_of(Member member) const {
  const auto begin =
      std::partition_point(sources_.begin(), sources_.end(),
                           [&](const Source& source) { return source.member < member; });
  const auto end = std::find_if(begin, sources_.end(),
                                [&](const Source& source) { return source.member != member; });
  return {begin, end};
}

const int16_t* Mixer::frame_of(const Source& source, size_t samples,
                               const MixBuffers& buffers) const {
  const auto index = static_cast<size_t>(&source - sources_.data());
  return buffers.inputs_.data() + index * samples;
}

MixedFrame Mixer::one_voice(Member listener, uint32_t mix, size_t samples,
                            const MixBuffers& buffers) const {
  const auto voice = std::find_if(sources_.begin(), sources_.end(), [&](const Source& source) {
    return source.active && source.member != listener;
  });
  return {{frame_of(*voice, samples, buffers), samples}, false, mix};
}

MixedFrame Mixer::frame_for(Member member, size_t samples, MixBuffers& buffers) const {
  const std::span<const Source> own = sources_of(member);
  const auto is_active = [](const Source& source) { return source.active; };
  const auto own_active = static_cast<size_t>(std::count_if(own.begin(), own.end(), is_active));
  const uint32_t mix = own_active == 0 ? 0 : member;
  // Nothing needs adding when one other speaks, or none.
  if (active_ - own_active == 1) return one_voice(member, mix, samples, buffers);
  if (active_ == own_active) {
    buffers.own_.assign(samples, 0);
    return {buffers.own_, true, mix};
  }
  if (own_active == 0) return {buffers.common_, false, mix};
  buffers.share_.assign(samples, 0);
  for (const Source& source : own) {
    if (!source.active) continue;
    const int16_t* frame = frame_of(source, samples, buffers);
    for (size_t i = 0; i < samples; ++i) buffers.share_[i] += frame[i];
  }
  buffers.own_.resize(samples);
  for (size_t i = 0; i < samples; ++i)
    buffers.own_[i] = saturate(buffers.total_[i] - buffers.share_[i]);
  return {buffers.own_, false, mix};
}

void Mixer::tick(size_t samples, MixBuffers& buffers) {
  pull_inputs(samples, buffers);
  if (active_ > 1) sum_inputs(samples, buffers);
  for (const Listener& listener : listeners_)
    listener.output->push(frame_for(listener.member, samples, buffers));
}

}  // namespace commd::mixer
