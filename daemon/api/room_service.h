// commd.v1.RoomService: translation only.
#pragma once

#include "commd/v1/room.grpc.pb.h"
#include "daemon/api/core_access.h"

namespace commd::api {

// Methods run on gRPC's threads, answers are given on the core thread.
class RoomService final : public v1::RoomService::CallbackService {
 public:
  explicit RoomService(const CoreAccess& core) : core_(core) {}

  using Context = grpc::CallbackServerContext;
  using Reactor = grpc::ServerUnaryReactor;
  using Empty = google::protobuf::Empty;

  Reactor* ListRooms(Context* context, const v1::ListRoomsRequest* request,
                     v1::ListRoomsResponse* response) override;
  Reactor* GetRoom(Context* context, const v1::GetRoomRequest* request,
                   v1::Room* response) override;
  Reactor* ListOccupants(Context* context, const v1::ListOccupantsRequest* request,
                         v1::ListOccupantsResponse* response) override;
  Reactor* JoinRoom(Context* context, const v1::JoinRoomRequest* request,
                    v1::Room* response) override;
  Reactor* LeaveRoom(Context* context, const v1::LeaveRoomRequest* request,
                     v1::Room* response) override;
  Reactor* CreateRoom(Context* context, const v1::CreateRoomRequest* request,
                      v1::Room* response) override;
  Reactor* GetRoomConfiguration(Context* context, const v1::GetRoomConfigurationRequest* request,
                                v1::DataForm* response) override;
  Reactor* ConfigureRoom(Context* context, const v1::ConfigureRoomRequest* request,
                         v1::Room* response) override;
  Reactor* InviteToRoom(Context* context, const v1::InviteToRoomRequest* request,
                        Empty* response) override;
  Reactor* DeclineInvitation(Context* context, const v1::DeclineInvitationRequest* request,
                             Empty* response) override;
  Reactor* SetNick(Context* context, const v1::SetNickRequest* request,
                   v1::Room* response) override;
  Reactor* SetSubject(Context* context, const v1::SetSubjectRequest* request,
                      v1::Room* response) override;
  Reactor* SetAffiliation(Context* context, const v1::SetAffiliationRequest* request,
                          Empty* response) override;
  Reactor* SetRole(Context* context, const v1::SetRoleRequest* request, Empty* response) override;
  Reactor* ListAffiliations(Context* context, const v1::ListAffiliationsRequest* request,
                            v1::ListAffiliationsResponse* response) override;
  Reactor* BookmarkRoom(Context* context, const v1::BookmarkRoomRequest* request,
                        v1::Room* response) override;
  Reactor* DestroyRoom(Context* context, const v1::DestroyRoomRequest* request,
                       Empty* response) override;
  Reactor* FindRooms(Context* context, const v1::FindRoomsRequest* request,
                     v1::FindRoomsResponse* response) override;

 private:
  const CoreAccess& core_;
};

}  // namespace commd::api
