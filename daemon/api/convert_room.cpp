#include "daemon/api/convert_room.h"

#include "daemon/api/convert.h"
#include "daemon/base/escape.h"

namespace commd::api {
namespace {

using model::Affiliation;
using model::RoomRole;

v1::Room::State state_of(model::RoomState state) {
  switch (state) {
    case model::RoomState::left:
      return v1::Room::STATE_LEFT;
    case model::RoomState::invited:
      return v1::Room::STATE_INVITED;
    case model::RoomState::joining:
      return v1::Room::STATE_JOINING;
    case model::RoomState::joined:
      return v1::Room::STATE_JOINED;
    case model::RoomState::failed:
      return v1::Room::STATE_FAILED;
  }
  return v1::Room::STATE_UNSPECIFIED;
}

v1::OccupantChanged::Kind kind_of(model::OccupantChange change) {
  switch (change) {
    case model::OccupantChange::joined:
      return v1::OccupantChanged::KIND_JOINED;
    case model::OccupantChange::changed:
      return v1::OccupantChanged::KIND_CHANGED;
    case model::OccupantChange::renamed:
      return v1::OccupantChanged::KIND_RENAMED;
    case model::OccupantChange::left:
      return v1::OccupantChanged::KIND_LEFT;
    case model::OccupantChange::kicked:
      return v1::OccupantChanged::KIND_KICKED;
    case model::OccupantChange::banned:
      return v1::OccupantChanged::KIND_BANNED;
    case model::OccupantChange::removed:
      return v1::OccupantChanged::KIND_REMOVED;
  }
  return v1::OccupantChanged::KIND_UNSPECIFIED;
}

std::string shown(const std::string& text) { return base::to_valid_utf8(text); }

}  // namespace

v1::Room::Affiliation to_proto(Affiliation affiliation) {
  switch (affiliation) {
    case Affiliation::none:
      return v1::Room::AFFILIATION_NONE;
    case Affiliation::member:
      return v1::Room::AFFILIATION_MEMBER;
    case Affiliation::admin:
      return v1::Room::AFFILIATION_ADMIN;
    case Affiliation::owner:
      return v1::Room::AFFILIATION_OWNER;
    case Affiliation::outcast:
      return v1::Room::AFFILIATION_OUTCAST;
  }
  return v1::Room::AFFILIATION_UNSPECIFIED;
}

v1::Room::Role to_proto(RoomRole role) {
  switch (role) {
    case RoomRole::none:
      return v1::Room::ROLE_NONE;
    case RoomRole::visitor:
      return v1::Room::ROLE_VISITOR;
    case RoomRole::participant:
      return v1::Room::ROLE_PARTICIPANT;
    case RoomRole::moderator:
      return v1::Room::ROLE_MODERATOR;
  }
  return v1::Room::ROLE_UNSPECIFIED;
}

std::optional<Affiliation> affiliation_from(v1::Room::Affiliation affiliation) {
  for (const Affiliation each : {Affiliation::none, Affiliation::member, Affiliation::admin,
                                 Affiliation::owner, Affiliation::outcast})
    if (to_proto(each) == affiliation) return each;
  return std::nullopt;
}

std::optional<RoomRole> role_from(v1::Room::Role role) {
  for (const RoomRole each :
       {RoomRole::none, RoomRole::visitor, RoomRole::participant, RoomRole::moderator})
    if (to_proto(each) == role) return each;
  return std::nullopt;
}

void to_proto(const model::Room& in, v1::Room* out) {
  out->set_id(shown(model::room_id(in)));
  out->set_account(in.account.str());
  out->set_address(shown(in.address));
  out->set_name(shown(in.name.empty() ? in.traits.name : in.name));
  out->set_description(shown(in.traits.description));
  out->set_state(state_of(in.state));
  out->set_state_reason(in.state_reason);
  out->set_state_message(shown(in.state_message));
  out->set_nick(shown(in.nick));
  out->set_subject(shown(in.subject));
  out->set_subject_by(shown(in.subject_by));
  if (in.state == model::RoomState::joined) {
    out->set_affiliation(to_proto(in.affiliation));
    out->set_role(to_proto(in.role));
  }
  out->set_occupants(static_cast<int32_t>(in.occupants));
  if (in.state == model::RoomState::invited) {
    v1::Room::Invitation* invitation = out->mutable_invitation();
    invitation->set_inviter(shown(in.invitation.inviter));
    invitation->set_text(shown(in.invitation.text));
    set_time(in.invitation.time, invitation->mutable_time());
  }
  out->set_bookmarked(in.bookmarked);
  out->set_autojoin(in.autojoin);
  out->set_non_anonymous(in.traits.non_anonymous);
  out->set_members_only(in.traits.members_only);
  out->set_moderated(in.traits.moderated);
  out->set_password_protected(in.traits.password_protected);
  out->set_persistent(in.traits.persistent);
  out->set_hidden(in.traits.hidden);
  out->set_unread(static_cast<int32_t>(in.unread));
  out->set_unread_mentions(static_cast<int32_t>(in.unread_mentions));
}

void to_proto(const model::Occupant& in, v1::Occupant* out) {
  out->set_nick(shown(in.nick));
  out->set_address(shown(in.address));
  out->set_affiliation(to_proto(in.affiliation));
  out->set_role(to_proto(in.role));
  to_proto(in.presence, out->mutable_presence());
  out->set_self(in.self);
}

void to_proto(const model::OccupantNews& in, v1::OccupantChanged* out) {
  out->set_room(shown(model::room_id(in.account, in.room)));
  to_proto(in.occupant, out->mutable_occupant());
  out->set_kind(kind_of(in.change));
  out->set_new_nick(shown(in.new_nick));
  out->set_by(shown(in.by));
  out->set_text(shown(in.text));
}

void to_proto(const std::vector<model::Occupant>& in, v1::ListOccupantsResponse* out) {
  for (const model::Occupant& each : in) to_proto(each, out->add_occupants());
}

void to_proto(const std::vector<model::RoomAffiliation>& in, v1::ListAffiliationsResponse* out) {
  for (const model::RoomAffiliation& each : in) {
    v1::RoomAffiliation* affiliation = out->add_affiliations();
    affiliation->set_address(shown(each.address));
    affiliation->set_affiliation(to_proto(each.affiliation));
    affiliation->set_nick(shown(each.nick));
    affiliation->set_text(shown(each.text));
  }
}

void to_proto(const ports::RoomsFound& in, v1::FindRoomsResponse* out) {
  for (const model::FoundRoom& each : in.rooms) {
    v1::FoundRoom* room = out->add_rooms();
    room->set_address(shown(each.address));
    room->set_name(shown(each.name));
  }
  for (const std::string& service : in.services) out->add_services(shown(service));
  out->set_truncated(in.truncated);
}

}  // namespace commd::api
