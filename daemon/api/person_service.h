// commd.v1.PersonService: translation only.
#pragma once

#include "commd/v1/person.grpc.pb.h"
#include "daemon/api/core_access.h"

namespace commd::api {

// Methods run on gRPC's threads, answers are given on the core thread.
class PersonService final : public v1::PersonService::CallbackService {
 public:
  explicit PersonService(const CoreAccess& core) : core_(core) {}

  using Context = grpc::CallbackServerContext;
  using Reactor = grpc::ServerUnaryReactor;
  Reactor* ListPeople(Context* context, const v1::ListPeopleRequest* request,
                      v1::ListPeopleResponse* response) override;
  Reactor* GetPerson(Context* context, const v1::GetPersonRequest* request,
                     v1::Person* response) override;
  Reactor* CreatePerson(Context* context, const v1::CreatePersonRequest* request,
                        v1::Person* response) override;
  Reactor* UpdatePerson(Context* context, const v1::UpdatePersonRequest* request,
                        v1::Person* response) override;
  Reactor* DeletePerson(Context* context, const v1::DeletePersonRequest* request,
                        google::protobuf::Empty* response) override;
  Reactor* MergePeople(Context* context, const v1::MergePeopleRequest* request,
                       v1::Person* response) override;
  Reactor* SplitPerson(Context* context, const v1::SplitPersonRequest* request,
                       v1::Person* response) override;
  Reactor* SuggestMerges(Context* context, const v1::SuggestMergesRequest* request,
                         v1::SuggestMergesResponse* response) override;
  Reactor* ImportPeople(Context* context, const v1::ImportPeopleRequest* request,
                        v1::ImportPeopleResponse* response) override;

 private:
  const CoreAccess& core_;
};

}  // namespace commd::api
