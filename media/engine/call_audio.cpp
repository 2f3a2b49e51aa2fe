#include "media/engine/call_audio.h"

namespace commd::engine {

CallAudio::CallAudio() : network_member_(mixer_.add_member()), local_member_(mixer_.add_member()) {
  mixer_.add_input(network_member_, from_network_);
  mixer_.add_output(network_member_, to_network_);
  mixer_.add_input(local_member_, capture_door_);
}

void CallAudio::set_capture(std::unique_ptr<mixer::AudioInput> capture) {
  capture_ = std::move(capture);
  echo_capture_ = false;
}

void CallAudio::set_echo_capture() {
  capture_.reset();
  echo_capture_ = true;
}

void CallAudio::set_output(mixer::AudioOutput* output) {
  if (output_ != nullptr) mixer_.remove_output(*output_);
  output_ = output;
  if (output_ != nullptr) mixer_.add_output(local_member_, *output_);
}

void CallAudio::set_playback(std::unique_ptr<mixer::AudioOutput> playback) {
  set_output(playback.get());
  playback_ = std::move(playback);
}

void CallAudio::set_echo_playback() {
  set_output(&echo_.output());
  playback_.reset();
}

void CallAudio::set_player(std::unique_ptr<mixer::AudioInput> player) {
  if (player && !player_) mixer_.add_input(local_member_, player_door_);
  if (!player && player_) mixer_.remove_input(player_door_);
  player_ = std::move(player);
}

void CallAudio::set_recorder(std::unique_ptr<StereoRecorder> recorder) {
  recorder_ = std::move(recorder);
}

bool CallAudio::Capture::pull(std::span<int16_t> frame) {
  if (!owner_.live_ || owner_.held_) return false;
  mixer::AudioInput* input = owner_.echo_capture_ ? &owner_.echo_.input() : owner_.capture_.get();
  return input != nullptr && input->pull(frame) && !owner_.muted_;
}

bool CallAudio::Player::pull(std::span<int16_t> frame) {
  return owner_.live_ && owner_.player_->pull(frame);
}

bool CallAudio::FromNetwork::pull(std::span<int16_t> frame) {
  const bool sounds = owner_.network_->receive(frame) && !owner_.held_;
  if (sounds) {
    owner_.received_level_.add(frame);
  } else {
    owner_.received_level_.add_silence();
  }
  if (owner_.recorder_) {
    owner_.heard_.clear();
    if (sounds) owner_.heard_.assign(frame.begin(), frame.end());
  }
  return sounds;
}

void CallAudio::ToNetwork::push(const mixer::MixedFrame& frame) {
  const std::span<const int16_t> samples =
      frame.silent ? std::span<const int16_t>() : frame.samples;
  if (frame.silent) {
    owner_.sent_level_.add_silence();
  } else {
    owner_.sent_level_.add(samples);
  }
  owner_.network_->send(samples);
  if (owner_.recorder_) owner_.recorder_->write(samples, owner_.heard_, owner_.rate_);
}

void CallAudio::tick(Network& network, uint32_t rate, mixer::MixBuffers& buffers) {
  network_ = &network;
  rate_ = rate;
  mixer_.tick(rate / 50, buffers);
  network_ = nullptr;
}

}  // namespace commd::engine
