#include "daemon/xmpp/stream_features.h"

#include <utility>

#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

constexpr size_t kMaxEntries = 64;
constexpr size_t kMaxName = 100;

void keep(std::vector<std::string>& list, std::string name) {
  if (list.size() < kMaxEntries && !name.empty() && name.size() <= kMaxName)
    list.push_back(std::move(name));
}

}  // namespace

StreamFeatures read_features(const Element& features) {
  StreamFeatures read;
  read.starttls = static_cast<bool>(features.child("starttls", ns::kTls));
  for (const Element each : features.child("mechanisms", ns::kSasl))
    if (each.is("mechanism", ns::kSasl)) keep(read.sasl.mechanisms, each.text());
  for (const Element each : features.child("sasl-channel-binding", ns::kChannelBinding))
    if (each.is("channel-binding", ns::kChannelBinding))
      keep(read.sasl.binding_types, std::string(each.type()));
  read.sasl2 = static_cast<bool>(features.child("authentication", ns::kSasl2));
  read.bind = static_cast<bool>(features.child("bind", ns::kBind));
  read.stream_management = static_cast<bool>(features.child("sm", ns::kStreamManagement));
  read.client_state = static_cast<bool>(features.child("csi", ns::kClientState));
  read.roster_versions = static_cast<bool>(features.child("ver", ns::kRosterVersions));
  return read;
}

}  // namespace commd::xmpp
