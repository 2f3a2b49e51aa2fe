// commd.v1.AccountService: translation only.
#pragma once

#include "commd/v1/account.grpc.pb.h"
#include "daemon/api/core_access.h"

namespace commd::api {

// Methods run on gRPC's threads, answers are given on the core thread.
class AccountService final : public v1::AccountService::CallbackService {
 public:
  explicit AccountService(const CoreAccess& core) : core_(core) {}

  grpc::ServerUnaryReactor* CreateAccount(grpc::CallbackServerContext* context,
                                          const v1::CreateAccountRequest* request,
                                          v1::Account* response) override;
  grpc::ServerUnaryReactor* GetAccount(grpc::CallbackServerContext* context,
                                       const v1::GetAccountRequest* request,
                                       v1::Account* response) override;
  grpc::ServerUnaryReactor* ListAccounts(grpc::CallbackServerContext* context,
                                         const v1::ListAccountsRequest* request,
                                         v1::ListAccountsResponse* response) override;
  grpc::ServerUnaryReactor* UpdateAccount(grpc::CallbackServerContext* context,
                                          const v1::UpdateAccountRequest* request,
                                          v1::Account* response) override;
  grpc::ServerUnaryReactor* DeleteAccount(grpc::CallbackServerContext* context,
                                          const v1::DeleteAccountRequest* request,
                                          google::protobuf::Empty* response) override;
  grpc::ServerUnaryReactor* EnableAccount(grpc::CallbackServerContext* context,
                                          const v1::EnableAccountRequest* request,
                                          v1::Account* response) override;
  grpc::ServerUnaryReactor* DisableAccount(grpc::CallbackServerContext* context,
                                           const v1::DisableAccountRequest* request,
                                           v1::Account* response) override;
  grpc::ServerUnaryReactor* DiscoverServers(grpc::CallbackServerContext* context,
                                            const v1::DiscoverServersRequest* request,
                                            v1::DiscoverServersResponse* response) override;

 private:
  template <class Request>
  grpc::ServerUnaryReactor* set_enabled(grpc::CallbackServerContext* context,
                                        const Request* request, bool enabled,
                                        v1::Account* response);
  const CoreAccess& core_;
};

}  // namespace commd::api
