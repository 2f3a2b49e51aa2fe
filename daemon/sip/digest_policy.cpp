#include "daemon/sip/digest_policy.h"

#include <strings.h>

#include <algorithm>
#include <utility>

namespace commd::sip {
namespace {
// A registrar's realm and a few of proxies; more would not be pinning.
constexpr size_t kMaxPinned = 4;
}  // namespace

DigestPolicy::DigestPolicy(std::vector<std::string> own_names, std::set<std::string> pinned)
    : own_names_(std::move(own_names)), pinned_(std::move(pinned)) {}

bool DigestPolicy::allows(std::string_view realm, RequestPath path, RequestStage stage) const {
  if (path == RequestPath::direct || stage == RequestStage::alerted) return false;
  return pinned_.empty() || pinned_.count(std::string(realm)) > 0 || is_own_name(realm);
}

void DigestPolicy::pin(std::string_view realm) {
  if (pinned_.size() < kMaxPinned) pinned_.emplace(realm);
}

bool DigestPolicy::is_own_name(std::string_view realm) const {
  return std::any_of(own_names_.begin(), own_names_.end(), [realm](const std::string& name) {
    return name.size() == realm.size() && strncasecmp(name.data(), realm.data(), realm.size()) == 0;
  });
}

}  // namespace commd::sip
