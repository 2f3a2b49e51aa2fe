// How people name what has an address on an account: by its id, its address, or the beginning of
// either. Pure; core thread.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/result.h"

namespace commd::core {

// Goes over all that there are, and knows afterwards which was meant.
template <class T>
class ReferenceSearch {
 public:
  // `kind` and `kinds`: "contact", "contacts".
  ReferenceSearch(const std::string& reference, std::string kind, std::string kinds)
      : reference_(reference), kind_(std::move(kind)), kinds_(std::move(kinds)) {}

  // `value` outlives this. An address has a scheme, which need not be written.
  void look_at(const T& value, const std::string& id, const std::string& address) {
    const std::string_view rest = std::string_view(address).substr(address.find(':') + 1);
    if (id == reference_)
      whole_ = &value;
    else if (address == reference_ || rest == reference_)
      exact_.emplace_back(&value, id);
    else if (id.starts_with(reference_) || address.starts_with(reference_) ||
             rest.starts_with(reference_))
      near_.emplace_back(&value, id);
  }

  // INVALID_ARGUMENT for an empty reference, NOT_FOUND, or AMBIGUOUS with the candidates.
  base::Result<T> result() const {
    if (reference_.empty())
      return base::fail(base::invalid_argument(
          "id", "name a " + kind_ + ": its id, its address, or the beginning of one"));
    if (whole_) return *whole_;
    const auto& fits = exact_.empty() ? near_ : exact_;
    if (fits.empty()) return base::fail(base::not_found(kind_, reference_));
    if (fits.size() == 1) return *fits.front().first;
    base::Error error{base::Code::invalid_argument,
                      "AMBIGUOUS",
                      "\"" + reference_ + "\" could be several " + kinds_,
                      {}};
    std::string& candidates = error.details["candidates"];
    for (size_t i = 0; i < std::min<size_t>(fits.size(), 10); ++i)
      candidates += (i == 0 ? "" : " ") + fits[i].second;
    error.message += ": " + candidates + (fits.size() > 10 ? " ..." : "");
    return base::fail(std::move(error));
  }

 private:
  using Found = std::vector<std::pair<const T*, std::string>>;
  const std::string reference_, kind_, kinds_;
  const T* whole_ = nullptr;
  Found exact_, near_;
};

}  // namespace commd::core
