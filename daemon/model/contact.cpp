#include "daemon/model/contact.h"

#include <algorithm>

namespace commd::model {
namespace {

// The readier to talk the higher.
int rank(Availability availability) {
  switch (availability) {
    case Availability::chat:
      return 5;
    case Availability::available:
      return 4;
    case Availability::away:
      return 3;
    case Availability::dnd:
      return 2;
    case Availability::xa:
      return 1;
    case Availability::unavailable:
      return 0;
  }
  return 0;
}

bool better(const Resource& a, const Resource& b) {
  if (a.priority != b.priority) return a.priority > b.priority;
  const int rank_a = rank(a.presence.availability), rank_b = rank(b.presence.availability);
  if (rank_a != rank_b) return rank_a > rank_b;
  return a.presence.time > b.presence.time;
}

}  // namespace

const char* to_string(Availability value) {
  switch (value) {
    case Availability::unavailable:
      return "unavailable";
    case Availability::available:
      return "available";
    case Availability::chat:
      return "chat";
    case Availability::away:
      return "away";
    case Availability::xa:
      return "xa";
    case Availability::dnd:
      return "dnd";
  }
  return "";
}

const char* to_string(Subscription value) {
  switch (value) {
    case Subscription::none:
      return "none";
    case Subscription::to:
      return "to";
    case Subscription::from:
      return "from";
    case Subscription::both:
      return "both";
  }
  return "";
}

std::string contact_id(const AccountId& account, const std::string& address) {
  return account.str() + "/" + address;
}

void settle_presence(Contact& contact, const Presence& last) {
  std::stable_sort(contact.resources.begin(), contact.resources.end(), better);
  contact.presence = contact.resources.empty() ? last : contact.resources.front().presence;
}

}  // namespace commd::model
