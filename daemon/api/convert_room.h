// Rooms of the model as the API's messages, and back. Pure; any thread.
#pragma once

#include <optional>
#include <vector>

#include "commd/v1/room.pb.h"
#include "daemon/model/room.h"
#include "daemon/ports/rooms.h"

namespace commd::api {

void to_proto(const model::Room& room, v1::Room* out);
void to_proto(const model::Occupant& occupant, v1::Occupant* out);
void to_proto(const model::OccupantNews& news, v1::OccupantChanged* out);
void to_proto(const std::vector<model::Occupant>& occupants, v1::ListOccupantsResponse* out);
void to_proto(const std::vector<model::RoomAffiliation>& affiliations,
              v1::ListAffiliationsResponse* out);
void to_proto(const ports::RoomsFound& found, v1::FindRoomsResponse* out);
v1::Room::Affiliation to_proto(model::Affiliation affiliation);
v1::Room::Role to_proto(model::RoomRole role);

// Nothing for what is unspecified.
std::optional<model::Affiliation> affiliation_from(v1::Room::Affiliation affiliation);
std::optional<model::RoomRole> role_from(v1::Room::Role role);

}  // namespace commd::api
