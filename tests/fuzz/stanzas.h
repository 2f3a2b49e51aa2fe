// The input of a fuzz target as a stream of XMPP: what follows its header, stanza by stanza, and
// a world in which time stands still.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "daemon/ports/clock.h"
#include "daemon/ports/timers.h"
#include "daemon/xmpp/xml_reader.h"

namespace commd::fuzz {

inline constexpr std::string_view kStreamHeader =
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";

inline std::string_view text_of(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Each stanza up to the first fault.
template <class F>
void for_each_stanza(const uint8_t* data, size_t size, F take) {
  xmpp::XmlReader reader;
  reader.push(kStreamHeader);
  reader.push(text_of(data, size));
  while (true) {
    auto event = reader.next();
    if (!event || !*event) return;
    if (const auto* stanza = std::get_if<xmpp::Stanza>(&**event)) take(*stanza);
  }
}

// '#1', '#2' ... in the input stand for the ids of this end's questions, which no peer guesses.
using Ids = std::map<std::string, std::string>;

inline void note_id(Ids& ids, std::string_view id) {
  if (ids.size() < 9 && !id.empty()) ids[std::to_string(ids.size() + 1)] = id;
}

inline std::string numbered(std::string text, const Ids& ids) {
  for (const auto& [number, id] : ids)
    for (size_t at = 0; (at = text.find("'#" + number + "'", at)) != text.npos; at += id.size())
      text.replace(at, number.size() + 3, "'" + id + "'");
  return text;
}

struct Clock final : ports::Clock {
  base::MonoTime mono_now() const override { return base::MonoTime{std::chrono::hours(1)}; }
  base::WallTime wall_now() const override {
    return base::WallTime{std::chrono::seconds(1'700'000'000)};
  }
};

struct Timers final : ports::Timers {
  ports::TimerHandle after(base::Duration, std::function<void()>) override { return nullptr; }
};

}  // namespace commd::fuzz
