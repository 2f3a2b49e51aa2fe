#include "daemon/api/room_service.h"

#include "daemon/api/convert_form.h"
#include "daemon/api/convert_room.h"

namespace commd::api {
namespace {

core::RoomBook::Done room_to(v1::Room* response, Answer answer) {
  return reply_with<model::Room>(response, std::move(answer));
}

core::RoomBook::Ended ended(Answer answer) {
  return [answer = std::move(answer)](base::Result<void> result) {
    answer(result ? grpc::Status::OK : to_status(result.error()));
  };
}

}  // namespace

using Reactor = grpc::ServerUnaryReactor;

Reactor* RoomService::ListRooms(Context* context, const v1::ListRoomsRequest* request,
                                v1::ListRoomsResponse* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    model::AccountId account;
    if (!request->account().empty()) {
      const auto found = core.accounts().find(request->account());
      if (!found) return answer(to_status(found.error()));
      account = (*found)->id;
    }
    for (const model::Room& room : core.rooms().list(account))
      to_proto(room, response->add_rooms());
    answer(grpc::Status::OK);
  });
}

Reactor* RoomService::GetRoom(Context* context, const v1::GetRoomRequest* request,
                              v1::Room* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    room_to(response, std::move(answer))(core.rooms().find(request->id()));
  });
}

Reactor* RoomService::ListOccupants(Context* context, const v1::ListOccupantsRequest* request,
                                    v1::ListOccupantsResponse* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.rooms().list_occupants(
        request->room(), reply_with<std::vector<model::Occupant>>(response, std::move(answer)));
  });
}

Reactor* RoomService::JoinRoom(Context* context, const v1::JoinRoomRequest* request,
                               v1::Room* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.rooms().join({request->address(), request->account(), request->nick(), request->password(),
                       request->must_exist()},
                      room_to(response, std::move(answer)));
  });
}

Reactor* RoomService::LeaveRoom(Context* context, const v1::LeaveRoomRequest* request,
                                v1::Room* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.rooms().leave(request->id(), request->text(), room_to(response, std::move(answer)));
  });
}

Reactor* RoomService::CreateRoom(Context* context, const v1::CreateRoomRequest* request,
                                 v1::Room* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.rooms().create({request->address(), request->account(), request->nick(), {}, false},
                        answers_from(request->configuration()),
                        room_to(response, std::move(answer)));
  });
}

Reactor* RoomService::GetRoomConfiguration(Context* context,
                                           const v1::GetRoomConfigurationRequest* request,
                                           v1::DataForm* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.rooms().configuration(request->id(),
                               reply_with<model::DataForm>(response, std::move(answer)));
  });
}

Reactor* RoomService::ConfigureRoom(Context* context, const v1::ConfigureRoomRequest* request,
                                    v1::Room* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.rooms().configure(request->id(), answers_from(request->configuration()),
                           room_to(response, std::move(answer)));
  });
}

Reactor* RoomService::InviteToRoom(Context* context, const v1::InviteToRoomRequest* request,
                                   Empty*) {
  return core_.unary(context, request, [request](core::Core& core, Answer answer) {
    core.rooms().invite(request->id(), request->address(), request->text(),
                        ended(std::move(answer)));
  });
}

Reactor* RoomService::DeclineInvitation(Context* context,
                                        const v1::DeclineInvitationRequest* request, Empty*) {
  return core_.unary(context, request, [request](core::Core& core, Answer answer) {
    core.rooms().decline(request->id(), request->text(), ended(std::move(answer)));
  });
}

Reactor* RoomService::SetNick(Context* context, const v1::SetNickRequest* request,
                              v1::Room* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.rooms().set_nick(request->id(), request->nick(), room_to(response, std::move(answer)));
  });
}

Reactor* RoomService::SetSubject(Context* context, const v1::SetSubjectRequest* request,
                                 v1::Room* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.rooms().set_subject(request->id(), request->subject(),
                             room_to(response, std::move(answer)));
  });
}

Reactor* RoomService::SetAffiliation(Context* context, const v1::SetAffiliationRequest* request,
                                     Empty*) {
  return core_.unary(context, request, [request](core::Core& core, Answer answer) {
    const auto affiliation = affiliation_from(request->affiliation());
    if (!affiliation)
      return answer(to_status(base::invalid_argument("affiliation", "say which affiliation")));
    core.rooms().set_affiliation(request->id(), request->address(), *affiliation, request->text(),
                                 ended(std::move(answer)));
  });
}

Reactor* RoomService::SetRole(Context* context, const v1::SetRoleRequest* request, Empty*) {
  return core_.unary(context, request, [request](core::Core& core, Answer answer) {
    const auto role = role_from(request->role());
    if (!role) return answer(to_status(base::invalid_argument("role", "say which role")));
    core.rooms().set_role(request->id(), request->nick(), *role, request->text(),
                          ended(std::move(answer)));
  });
}

Reactor* RoomService::ListAffiliations(Context* context, const v1::ListAffiliationsRequest* request,
                                       v1::ListAffiliationsResponse* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.rooms().list_affiliations(
        request->id(), affiliation_from(request->affiliation()),
        reply_with<std::vector<model::RoomAffiliation>>(response, std::move(answer)));
  });
}

Reactor* RoomService::BookmarkRoom(Context* context, const v1::BookmarkRoomRequest* request,
                                   v1::Room* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core::RoomBook::BookmarkChange change{request->bookmarked(), request->autojoin(), {}};
    if (request->has_name()) change.name = request->name();
    core.rooms().bookmark(request->id(), std::move(change), room_to(response, std::move(answer)));
  });
}

Reactor* RoomService::DestroyRoom(Context* context, const v1::DestroyRoomRequest* request, Empty*) {
  return core_.unary(context, request, [request](core::Core& core, Answer answer) {
    core.rooms().destroy(request->id(), request->text(), request->successor(),
                         ended(std::move(answer)));
  });
}

Reactor* RoomService::FindRooms(Context* context, const v1::FindRoomsRequest* request,
                                v1::FindRoomsResponse* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.rooms().find_rooms(request->account(), request->service(),
                            reply_with<ports::RoomsFound>(response, std::move(answer)));
  });
}

}  // namespace commd::api
