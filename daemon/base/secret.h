// A password or key in memory: wiped when it goes, never printed by accident
// (it has no conversion to std::string and no operator<<), kept out of core
// files together with RLIMIT_CORE 0 (daemon/system).
//
// A value; not shared between threads while it changes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace commd::base {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view text);
  // Takes the text and wipes the place it came from.
  static Secret take(std::string& text);
  Secret(const Secret& other);
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret other) noexcept;
  ~Secret();

  // The one way to the text; search for its callers to audit them.
  std::string_view reveal() const { return {bytes_.data(), bytes_.size()}; }
  bool empty() const { return bytes_.empty(); }

  // Constant time, for equal lengths.
  friend bool operator==(const Secret& a, const Secret& b);

 private:
  void wipe() noexcept;
  // Not a std::string: its buffer for short texts would be copied when it moves,
  // and the copy left behind.
  std::vector<char> bytes_;
};

// Overwrites memory in a way the compiler keeps.
void wipe_memory(void* data, size_t size) noexcept;

}  // namespace commd::base
