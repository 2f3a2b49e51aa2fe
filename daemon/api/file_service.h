// commd.v1.FileService: translation, and which files a client may name.
#pragma once

#include "commd/v1/file.grpc.pb.h"
#include "daemon/api/core_access.h"
#include "daemon/api/file_policy.h"

namespace commd::api {

// Methods run on gRPC's threads, answers are given on the core thread.
class FileService final : public v1::FileService::CallbackService {
 public:
  FileService(const CoreAccess& core, const FilePolicy& files) : core_(core), files_(files) {}

  using Context = grpc::CallbackServerContext;

  grpc::ServerUnaryReactor* SendFile(Context* context, const v1::SendFileRequest* request,
                                     v1::FileTransfer* response) override;
  grpc::ServerUnaryReactor* ReceiveFile(Context* context, const v1::ReceiveFileRequest* request,
                                        v1::FileTransfer* response) override;
  grpc::ServerUnaryReactor* RejectFile(Context* context, const v1::RejectFileRequest* request,
                                       v1::FileTransfer* response) override;
  grpc::ServerUnaryReactor* CancelFile(Context* context, const v1::CancelFileRequest* request,
                                       v1::FileTransfer* response) override;
  grpc::ServerUnaryReactor* ResumeFile(Context* context, const v1::ResumeFileRequest* request,
                                       v1::FileTransfer* response) override;
  grpc::ServerUnaryReactor* GetFile(Context* context, const v1::GetFileRequest* request,
                                    v1::FileTransfer* response) override;
  grpc::ServerUnaryReactor* ListFiles(Context* context, const v1::ListFilesRequest* request,
                                      v1::ListFilesResponse* response) override;

 private:
  const CoreAccess& core_;
  const FilePolicy& files_;
};

}  // namespace commd::api
