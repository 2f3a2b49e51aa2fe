// commd.v1.ContactService: translation only.
#pragma once

#include "commd/v1/contact.grpc.pb.h"
#include "daemon/api/core_access.h"

namespace commd::api {

// Methods run on gRPC's threads, answers are given on the core thread.
class ContactService final : public v1::ContactService::CallbackService {
 public:
  explicit ContactService(const CoreAccess& core) : core_(core) {}

  using Context = grpc::CallbackServerContext;

  grpc::ServerUnaryReactor* ListContacts(Context* context, const v1::ListContactsRequest* request,
                                         v1::ListContactsResponse* response) override;
  grpc::ServerUnaryReactor* GetContact(Context* context, const v1::GetContactRequest* request,
                                       v1::Contact* response) override;
  grpc::ServerUnaryReactor* AddContact(Context* context, const v1::AddContactRequest* request,
                                       v1::Contact* response) override;
  grpc::ServerUnaryReactor* UpdateContact(Context* context, const v1::UpdateContactRequest* request,
                                          v1::Contact* response) override;
  grpc::ServerUnaryReactor* RemoveContact(Context* context, const v1::RemoveContactRequest* request,
                                          v1::RemoveContactResponse* response) override;
  grpc::ServerUnaryReactor* ApproveContact(Context* context,
                                           const v1::ApproveContactRequest* request,
                                           v1::Contact* response) override;
  grpc::ServerUnaryReactor* DenyContact(Context* context, const v1::DenyContactRequest* request,
                                        v1::DenyContactResponse* response) override;
  grpc::ServerUnaryReactor* BlockContact(Context* context, const v1::BlockContactRequest* request,
                                         v1::Contact* response) override;
  grpc::ServerUnaryReactor* UnblockContact(Context* context,
                                           const v1::UnblockContactRequest* request,
                                           v1::UnblockContactResponse* response) override;
  grpc::ServerUnaryReactor* SetAvatar(Context* context, const v1::SetAvatarRequest* request,
                                      v1::SetAvatarResponse* response) override;
  grpc::ServerUnaryReactor* SetNickname(Context* context, const v1::SetNicknameRequest* request,
                                        v1::SetNicknameResponse* response) override;

 private:
  const CoreAccess& core_;
};

}  // namespace commd::api
