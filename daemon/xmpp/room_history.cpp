#include "daemon/xmpp/room_history.h"

#include <charconv>
#include <utility>

namespace commd::xmpp {
namespace {

std::string text_of(base::WallTime time) {
  return "@" +
         std::to_string(std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count());
}

std::optional<base::WallTime> time_of(const std::string& place) {
  int64_t seconds = 0;
  const char* const end = place.data() + place.size();
  const auto read = std::from_chars(place.data() + 1, end, seconds);
  if (read.ec != std::errc() || read.ptr != end || seconds < 0 || seconds > 7'000'000'000)
    return std::nullopt;
  return base::WallTime(std::chrono::seconds(seconds));
}

}  // namespace

HistoryWish RoomHistory::wish(bool has_archive) const {
  if (has_archive) return {};
  const auto since = by_time() ? time_of(place_) : std::nullopt;
  if (!since) return {first_messages, {}};
  return {most_told, *since - overlap};
}

std::optional<Stanza> RoomHistory::begin(bool has_archive, base::WallTime now) {
  has_archive_ = has_archive;
  settled_ = complete_ = false;
  if (!has_archive) {
    complete_ = true;  // the room tells it before anything else
    return std::nullopt;
  }
  return catch_up_.begin(by_time() ? std::string() : place_, now);
}

void RoomHistory::stop() {
  catch_up_.give_up();
  settled_ = complete_ = false;
}

void RoomHistory::settle() {
  catch_up_.give_up();
  settled_ = true;
}

void RoomHistory::opened(uint64_t ticket, bool archived, const std::string& id,
                         base::WallTime time) {
  if (archived)
    catch_up_.opened(ticket);
  else
    live_[ticket] = {id, time};
}

void RoomHistory::stored(uint64_t ticket) {
  if (const auto found = live_.find(ticket); found != live_.end()) found->second.stored = true;
  advance();
  catch_up_.dealt_with(ticket);
}

void RoomHistory::advance() {
  for (auto first = live_.begin(); first != live_.end() && first->second.stored;
       first = live_.erase(first)) {
    if (!complete_) continue;
    const Live& live = first->second;
    // A place in the archive is never given up for a time.
    if (has_archive_) {
      if (!live.id.empty()) place_ = live.id;
    } else if (place_.empty() ||
               (by_time() && time_of(place_).value_or(base::WallTime{}) < live.time)) {
      place_ = text_of(live.time);
    }
  }
}

std::optional<Stanza> RoomHistory::go_on() {
  auto step = catch_up_.step();
  if (!step) return std::nullopt;
  if (!step->place.empty()) place_ = std::move(step->place);
  if (step->next) return std::move(step->next);
  settled_ = step->done;
  complete_ = step->whole;
  return std::nullopt;
}

}  // namespace commd::xmpp
