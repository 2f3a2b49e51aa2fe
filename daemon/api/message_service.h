// commd.v1.MessageService: translation only.
#pragma once

#include "commd/v1/message.grpc.pb.h"
#include "daemon/api/core_access.h"

namespace commd::api {

// Methods run on gRPC's threads, answers are given on the core thread.
class MessageService final : public v1::MessageService::CallbackService {
 public:
  explicit MessageService(const CoreAccess& core) : core_(core) {}

  grpc::ServerUnaryReactor* SendMessage(grpc::CallbackServerContext* context,
                                        const v1::SendMessageRequest* request,
                                        v1::Message* response) override;
  grpc::ServerUnaryReactor* GetMessage(grpc::CallbackServerContext* context,
                                       const v1::GetMessageRequest* request,
                                       v1::Message* response) override;
  grpc::ServerUnaryReactor* ListMessages(grpc::CallbackServerContext* context,
                                         const v1::ListMessagesRequest* request,
                                         v1::ListMessagesResponse* response) override;
  grpc::ServerUnaryReactor* CorrectMessage(grpc::CallbackServerContext* context,
                                           const v1::CorrectMessageRequest* request,
                                           v1::Message* response) override;
  grpc::ServerUnaryReactor* RetractMessage(grpc::CallbackServerContext* context,
                                           const v1::RetractMessageRequest* request,
                                           v1::Message* response) override;
  grpc::ServerUnaryReactor* ReactToMessage(grpc::CallbackServerContext* context,
                                           const v1::ReactToMessageRequest* request,
                                           v1::Message* response) override;
  grpc::ServerUnaryReactor* MarkRead(grpc::CallbackServerContext* context,
                                     const v1::MarkReadRequest* request,
                                     v1::MarkReadResponse* response) override;
  grpc::ServerUnaryReactor* SetTyping(grpc::CallbackServerContext* context,
                                      const v1::SetTypingRequest* request,
                                      google::protobuf::Empty* response) override;
  grpc::ServerUnaryReactor* SearchMessages(grpc::CallbackServerContext* context,
                                           const v1::SearchMessagesRequest* request,
                                           v1::SearchMessagesResponse* response) override;
  grpc::ServerUnaryReactor* ListConversations(grpc::CallbackServerContext* context,
                                              const v1::ListConversationsRequest* request,
                                              v1::ListConversationsResponse* response) override;

 private:
  const CoreAccess& core_;
};

}  // namespace commd::api
