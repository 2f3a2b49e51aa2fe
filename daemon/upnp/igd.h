// What is said to a router, and what it says of itself (UPnP Device Architecture 1.1, sections 2
// and 3; WANIPConnection:1 and :2, WANPPPConnection:1). Hostile bytes in. Pure; any thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace commd::upnp {

// A part of a router that connects it with the world.
struct Connection {
  std::string type;     // one of those that are known
  std::string control;  // where it is told what to do: an address, or a path from `base`
};

struct Description {
  std::string base;  // what paths count from; empty: the description's own address
  std::vector<Connection> connections;  // the better known ones first, 8 at most
};

// Nothing: it is no description, or one of something else.
std::optional<Description> read_description(std::string_view document);

using Arguments = std::vector<std::pair<const char*, std::string>>;
// The body of a request. Types and values are of ours, and need no escapes.
std::string action_body(const std::string& type, const char* action, const Arguments& arguments);

struct Answer {
  std::map<std::string, std::string> values;
  unsigned error = 0;  // UPnP's own, 0: none
};
// Nothing: it is no answer.
std::optional<Answer> read_answer(std::string_view document);

}  // namespace commd::upnp
