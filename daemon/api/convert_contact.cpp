#include "daemon/api/convert.h"
#include "daemon/base/escape.h"

namespace commd::api {
namespace {

v1::Presence::Availability availability_of(model::Availability availability) {
  switch (availability) {
    case model::Availability::unavailable:
      return v1::Presence::AVAILABILITY_UNAVAILABLE;
    case model::Availability::available:
      return v1::Presence::AVAILABILITY_AVAILABLE;
    case model::Availability::chat:
      return v1::Presence::AVAILABILITY_CHAT;
    case model::Availability::away:
      return v1::Presence::AVAILABILITY_AWAY;
    case model::Availability::xa:
      return v1::Presence::AVAILABILITY_XA;
    case model::Availability::dnd:
      return v1::Presence::AVAILABILITY_DND;
  }
  return v1::Presence::AVAILABILITY_UNSPECIFIED;
}

model::Availability availability_from(v1::Presence::Availability availability) {
  using model::Availability;
  for (const Availability each : {Availability::unavailable, Availability::chat, Availability::away,
                                  Availability::xa, Availability::dnd})
    if (availability_of(each) == availability) return each;
  return Availability::available;
}

v1::Contact::Subscription subscription_of(model::Subscription subscription) {
  switch (subscription) {
    case model::Subscription::none:
      return v1::Contact::SUBSCRIPTION_NONE;
    case model::Subscription::to:
      return v1::Contact::SUBSCRIPTION_TO;
    case model::Subscription::from:
      return v1::Contact::SUBSCRIPTION_FROM;
    case model::Subscription::both:
      return v1::Contact::SUBSCRIPTION_BOTH;
  }
  return v1::Contact::SUBSCRIPTION_UNSPECIFIED;
}

void put(const model::Resource& in, v1::Contact::Resource* out) {
  out->set_resource(base::to_valid_utf8(in.name));
  to_proto(in.presence, out->mutable_presence());
  out->set_priority(in.priority);
  if (in.idle_since != base::WallTime{}) set_time(in.idle_since, out->mutable_idle_since());
  out->set_client(base::to_valid_utf8(in.client));
  out->set_client_type(base::to_valid_utf8(in.client_type));
}

}  // namespace

void to_proto(const model::Presence& in, v1::Presence* out) {
  out->set_availability(availability_of(in.availability));
  out->set_status(base::to_valid_utf8(in.status));
  if (in.time != base::WallTime{}) set_time(in.time, out->mutable_time());
}

model::Presence presence_from(const v1::Presence& presence) {
  return {availability_from(presence.availability()), presence.status(), {}};
}

void to_proto(const model::OwnPresence& in, v1::OwnPresence* out) {
  out->set_account(in.account.str());
  to_proto(in.presence, out->mutable_presence());
}

void to_proto(const model::Contact& in, v1::Contact* out) {
  out->set_id(base::to_valid_utf8(model::contact_id(in)));
  out->set_account(in.account.str());
  out->set_address(base::to_valid_utf8(in.address));
  out->set_name(base::to_valid_utf8(in.name));
  out->set_nickname(base::to_valid_utf8(in.nickname));
  for (const std::string& group : in.groups) out->add_groups(base::to_valid_utf8(group));
  out->set_subscription(subscription_of(in.subscription));
  out->set_asked(in.asked);
  out->set_asks(in.asks);
  out->set_asks_text(base::to_valid_utf8(in.asks_text));
  out->set_blocked(in.blocked);
  out->set_listed(in.listed);
  to_proto(in.presence, out->mutable_presence());
  for (const model::Resource& resource : in.resources) put(resource, out->add_resources());
  out->set_avatar_path(in.avatar_path);
  out->set_avatar_hash(in.avatar_hash);
}

}  // namespace commd::api
