#include "clients/commctl/file_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "clients/commctl/words.h"

namespace commd::commctl {
namespace {

std::string left_text(double seconds) {
  if (!(seconds < 360'000)) return "";
  const auto whole = static_cast<int64_t>(std::ceil(seconds));
  std::array<char, 32> text{};
  if (whole >= 3600)
    std::snprintf(text.data(), text.size(), "%d:%02d:%02d left", static_cast<int>(whole / 3600),
                  static_cast<int>(whole / 60 % 60), static_cast<int>(whole % 60));
  else
    std::snprintf(text.data(), text.size(), "%d:%02d left", static_cast<int>(whole / 60),
                  static_cast<int>(whole % 60));
  return text.data();
}

}  // namespace

std::string word_of(v1::FileTransfer::State state) {
  return enum_word(*v1::FileTransfer::State_descriptor(), state);
}

Style style_of(v1::FileTransfer::State state) {
  if (state == v1::FileTransfer::STATE_DONE) return Style::good;
  if (state == v1::FileTransfer::STATE_FAILED) return Style::bad;
  const bool wants_something =
      state == v1::FileTransfer::STATE_OFFERED || state == v1::FileTransfer::STATE_PAUSED;
  return wants_something ? Style::warning : Style::plain;
}

std::string method_text(v1::FileTransfer::Method method) {
  if (method == v1::FileTransfer::METHOD_HTTP) return "by the server";
  if (method == v1::FileTransfer::METHOD_SOCKS5) return "directly";
  if (method == v1::FileTransfer::METHOD_IN_BAND) return "within the stream";
  return "";
}

std::string bytes_text(int64_t bytes) {
  if (bytes < 1000) return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes");
  static constexpr std::array units = {"kB", "MB", "GB", "TB", "PB", "EB"};
  double value = static_cast<double>(bytes) / 1000;
  size_t unit = 0;
  for (; value >= 999.95 && unit + 1 < units.size(); ++unit) value /= 1000;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), value < 9.95 ? "%.1f %s" : "%.0f %s", value, units[unit]);
  return text.data();
}

std::string attachment_text(const v1::Attachment& attachment) {
  std::string text = attachment.name().empty() ? attachment.url() : attachment.name();
  if (attachment.size() > 0) text += ", " + bytes_text(attachment.size());
  if (!attachment.description().empty()) text += ": " + attachment.description();
  return text;
}

Line transfer_line(const v1::FileTransfer& transfer) {
  const bool incoming = transfer.direction() == v1::FileTransfer::DIRECTION_INCOMING;
  Line line = {{"file " + transfer.id().substr(0, 8) + "  "},
               {word_of(transfer.state()), style_of(transfer.state())},
               {"  " + (transfer.name().empty() ? transfer.url() : transfer.name())}};
  if (transfer.size() > 0) line.push_back({", " + bytes_text(transfer.size())});
  if (!transfer.peer().empty())
    line.push_back({(incoming ? "  from " : "  to ") + transfer.peer()});
  if (!transfer.fail_message().empty()) line.push_back({"  " + transfer.fail_message()});
  return line;
}

bool is_at_rest(const v1::FileTransfer& transfer) {
  return transfer.state() != v1::FileTransfer::STATE_WAITING &&
         transfer.state() != v1::FileTransfer::STATE_ACTIVE;
}

Line progress_line(const std::string& name, int64_t bytes, int64_t size, double rate,
                   size_t columns) {
  std::string end = "  " + bytes_text(bytes);
  if (size > 0)
    end = "  " +
          std::to_string(static_cast<int>(100.0 * static_cast<double>(std::min(bytes, size)) /
                                          static_cast<double>(size))) +
          " %  " + bytes_text(bytes);
  if (rate > 0) end += "  " + bytes_text(static_cast<int64_t>(rate)) + "/s";
  if (rate > 0 && size > bytes) {
    const std::string left = left_text(static_cast<double>(size - bytes) / rate);
    if (!left.empty()) end += "  " + left;
  }
  Line line = {{name, Style::bold}, {end}};
  const size_t used = width_of(line) + 4;
  if (size <= 0 || columns == unlimited || columns < used + 8) return line;
  const size_t room = std::min<size_t>(columns - used, 40);
  const auto done =
      static_cast<size_t>(static_cast<double>(room) * static_cast<double>(std::min(bytes, size)) /
                          static_cast<double>(size));
  line.insert(line.begin() + 1,
              {{"  [" + std::string(done, '#') + std::string(room - done, ' ') + "]"}});
  return line;
}

void Rate::add(int64_t bytes, Time now) {
  if (bytes_ < 0 || bytes < bytes_) {
    bytes_ = bytes;
    time_ = now;
    value_ = 0;
    return;
  }
  const double seconds = std::chrono::duration<double>(now - time_).count();
  if (seconds < 0.2) return;
  const double fresh = static_cast<double>(bytes - bytes_) / seconds;
  value_ = value_ == 0 ? fresh : value_ * 0.7 + fresh * 0.3;
  bytes_ = bytes;
  time_ = now;
}

}  // namespace commd::commctl
