// Strong identifiers: an AccountId is never taken for a CallId. Values; any thread.
#pragma once

#include <compare>
#include <functional>
#include <string>
#include <utility>

namespace commd::base {

template <class Tag>
class Id {
 public:
  Id() = default;
  explicit Id(std::string value) : value_(std::move(value)) {}

  const std::string& str() const { return value_; }
  bool empty() const { return value_.empty(); }
  explicit operator bool() const { return !value_.empty(); }

  friend bool operator==(const Id&, const Id&) = default;
  friend auto operator<=>(const Id&, const Id&) = default;

 private:
  std::string value_;
};

}  // namespace commd::base

template <class Tag>
struct std::hash<commd::base::Id<Tag>> {
  size_t operator()(const commd::base::Id<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.str());
  }
};
