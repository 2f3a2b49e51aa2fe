// What the live view of calls shows, as lines. Pure functions; any thread.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "clients/commctl/line.h"
#include "commd/v1/call.pb.h"

namespace commd::commctl {

// Symbols beyond ASCII, where the locale says that the terminal has them.
enum class Symbols { ascii, unicode };
Symbols symbols_of_locale();

struct View {
  // The call in focus; nullptr: none.
  const v1::Call* call = nullptr;
  const v1::CallStats* stats = nullptr;
  // Calls that ring here, the selected one first.
  std::vector<const v1::Call*> ringing;
  // Other calls of this terminal, on hold.
  std::vector<const v1::Call*> parked;
  std::string idle;     // shown when there is no call in focus
  std::string message;  // what happened last
  std::string prompt;   // an address is being typed: "Transfer to: bo"
  google::protobuf::Timestamp now;
  size_t columns = 80;
  size_t rows = 24;
  Symbols symbols = Symbols::unicode;
};

// Laid out for `columns`; the drawing cuts what is longer all the same. No more than
// `rows` lines: what helps least is left out first.
std::vector<Line> view_lines(const View& view);

// A bar of `cells` cells for a level of -60 to 0 dBov.
std::string meter(double level_dbov, size_t cells, Symbols symbols);

}  // namespace commd::commctl
