// What the keys of the live view do.
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <utility>

#include "clients/commctl/phone.h"
#include "clients/commctl/words.h"

namespace commd::commctl {
namespace {

std::string recording_path(const v1::Call& call) {
  const time_t now = std::time(nullptr);
  tm parts{};
  ::localtime_r(&now, &parts);
  std::array<char, 32> stamp{};
  std::strftime(stamp.data(), stamp.size(), "%Y%m%d-%H%M%S", &parts);
  return absolute_path("call-" + std::string(stamp.data()) + "-" + call.id() + ".wav");
}

}  // namespace

void Phone::obey_keys() {
  if (!screen_) return;
  pollfd input{STDIN_FILENO, POLLIN, 0};
  if (::poll(&input, 1, 0) <= 0) return;
  std::array<char, 256> buffer{};
  const ssize_t got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (got <= 0) {  // the terminal is gone
    stop(client::ExitCode::interrupted);
    quit_ = quit_ || mine_.empty();
    return;
  }
  for (const Key& key : keys_.take({buffer.data(), static_cast<size_t>(got)})) obey(key);
}

void Phone::obey(const Key& key) {
  message_.clear();
  if (typing_) {
    type_address(key);
    return;
  }
  if (key.kind == Key::Kind::tab && !ringing_.empty()) {
    auto next = ringing_.upper_bound(selected_);
    selected_ = (next == ringing_.end() ? ringing_.begin() : next)->first;
  }
  if (key.kind != Key::Kind::text || key.text.size() != 1) return;
  const char c = key.text[0];
  if (c == 'a' && !ringing_.empty()) {
    answer();
  } else if (c == 'd' && !ringing_.empty()) {
    decline();
  } else if (Mine* const mine = focused()) {
    obey_in_call(c, *mine);
  } else if (c == 'q') {
    stop(client::ExitCode::ok);
  }
}

void Phone::obey_in_call(char key, Mine& mine) {
  switch (key) {
    case 'm':
      toggle_mute(mine);
      return;
    case 'h':
      toggle_hold(mine);
      return;
    case 'r':
      toggle_recording(mine);
      return;
    case 's':
      switch_call();
      return;
    case 't':
      typing_ = "";
      return;
    case 'y':
    case 'n':
      answer_transfer(mine, key);
      return;
    case 'q':
      hang_up(focus_);
      return;
    default:
      break;
  }
  if ((key < '0' || key > '9') && key != '*' && key != '#') return;
  attempt([&] {
    v1::SendDtmfRequest request;
    request.set_id(focus_);
    request.set_digits(std::string(1, key));
    context_.client().send_dtmf(request);
    message_ = std::string("Sent ") + key;
  });
}

void Phone::type_address(const Key& key) {
  std::string& text = *typing_;
  switch (key.kind) {
    case Key::Kind::text:
      if (text.size() < 256) text += key.text;
      return;
    case Key::Kind::backspace:
      while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80)
        text.pop_back();
      if (!text.empty()) text.pop_back();
      return;
    case Key::Kind::kill_line:
      text.clear();
      return;
    case Key::Kind::escape:
      typing_.reset();
      return;
    case Key::Kind::tab:
    case Key::Kind::kill_rest:
    case Key::Kind::kill_word:
    case Key::Kind::erase:
    case Key::Kind::end_of_input:
    case Key::Kind::left:
    case Key::Kind::right:
    case Key::Kind::up:
    case Key::Kind::down:
    case Key::Kind::home:
    case Key::Kind::end:
      return;
    case Key::Kind::enter:
      break;
  }
  const std::string address = *std::exchange(typing_, std::nullopt);
  if (address.empty()) return;
  attempt([&] {
    v1::TransferCallRequest request;
    request.set_id(focus_);
    request.set_address(address);
    context_.client().transfer_call(request);
    message_ = "Asked them to call " + address;
  });
}

void Phone::answer_transfer(const Mine& mine, char key) {
  if (!mine.call.has_transfer_request()) return;
  attempt([&] {
    if (key == 'y') {
      context_.client().accept_transfer(focus_);
      message_ = "Calling " + mine.call.transfer_request().target();
    } else {
      context_.client().refuse_transfer(focus_);
    }
  });
}

void Phone::answer() {
  const std::string id = selected_.empty() ? ringing_.begin()->first : selected_;
  attempt([&] {
    hold_focused();
    v1::AnswerCallRequest request;
    request.set_id(id);
    request.set_capture(options_.capture);
    request.set_playback(options_.playback);
    request.set_owned(true);
    const v1::Call call = context_.client().answer_call(request);
    ringing_.erase(id);
    adopt(call);
  });
}

void Phone::decline() {
  attempt([&] {
    v1::RejectCallRequest request;
    request.set_id(selected_.empty() ? ringing_.begin()->first : selected_);
    context_.client().reject_call(request);
  });
}

void Phone::toggle_mute(const Mine& mine) {
  attempt([&] {
    v1::UpdateCallRequest request;
    request.mutable_call()->set_id(focus_);
    request.mutable_call()->set_muted(!mine.call.muted());
    request.mutable_update_mask()->add_paths("muted");
    context_.client().update_call(request);
  });
}

void Phone::toggle_hold(Mine& mine) {
  attempt([&] {
    if (std::exchange(mine.aside, false) || mine.call.held_by_local()) {
      context_.client().resume_call(focus_);
    } else {
      context_.client().hold_call(focus_);
    }
  });
}

void Phone::toggle_recording(const Mine& mine) {
  attempt([&] {
    v1::RecordCallRequest request;
    request.set_id(focus_);
    request.set_stop(mine.call.recording());
    if (!request.stop()) request.set_path(recording_path(mine.call));
    context_.client().record_call(request);
    message_ = request.stop() ? "The recording is closed." : "Recording to " + request.path();
  });
}

void Phone::put_aside(const std::string& id, Mine& mine) {
  context_.client().hold_call(id);
  mine.aside = true;
}

void Phone::hold_focused() {
  Mine* const mine = focused();
  if (mine != nullptr && !mine->aside && talks(mine->call)) put_aside(focus_, *mine);
}

void Phone::switch_call() {
  auto next = mine_.upper_bound(focus_);
  if (next == mine_.end()) next = mine_.begin();
  if (next == mine_.end() || next->first == focus_) return;
  const std::string id = next->first;
  attempt([&] {
    hold_focused();
    focus_ = id;
    Mine& mine = mine_.at(id);
    if (mine.aside || mine.call.held_by_local()) context_.client().resume_call(id);
    mine.aside = false;
  });
}

}  // namespace commd::commctl
