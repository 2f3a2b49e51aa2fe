// commd.v1.CallService: translation only.
#pragma once

#include "commd/v1/call.grpc.pb.h"
#include "daemon/api/core_access.h"
#include "daemon/api/file_policy.h"

namespace commd::api {

// Methods run on gRPC's threads, answers are given on the core thread.
class CallService final : public v1::CallService::CallbackService {
 public:
  CallService(const CoreAccess& core, const FilePolicy& files, ports::Timers& timers)
      : core_(core), files_(files), timers_(timers) {}

  using Context = grpc::CallbackServerContext;
  using Unary = grpc::ServerUnaryReactor;

  Unary* CreateCall(Context*, const v1::CreateCallRequest*, v1::Call*) override;
  Unary* GetCall(Context*, const v1::GetCallRequest*, v1::Call*) override;
  Unary* ListCalls(Context*, const v1::ListCallsRequest*, v1::ListCallsResponse*) override;
  Unary* AnswerCall(Context*, const v1::AnswerCallRequest*, v1::Call*) override;
  Unary* RejectCall(Context*, const v1::RejectCallRequest*, v1::Call*) override;
  Unary* HangUpCall(Context*, const v1::HangUpCallRequest*, v1::Call*) override;
  Unary* HoldCall(Context*, const v1::HoldCallRequest*, v1::Call*) override;
  Unary* ResumeCall(Context*, const v1::ResumeCallRequest*, v1::Call*) override;
  Unary* UpdateCall(Context*, const v1::UpdateCallRequest*, v1::Call*) override;
  Unary* SendDtmf(Context*, const v1::SendDtmfRequest*, v1::Call*) override;
  Unary* TransferCall(Context*, const v1::TransferCallRequest*, v1::Call*) override;
  Unary* AcceptTransfer(Context*, const v1::AcceptTransferRequest*, v1::Call*) override;
  Unary* RefuseTransfer(Context*, const v1::RefuseTransferRequest*, v1::Call*) override;
  Unary* VerifyCall(Context*, const v1::VerifyCallRequest*, v1::Call*) override;
  Unary* RecordCall(Context*, const v1::RecordCallRequest*, v1::Call*) override;
  Unary* PlayIntoCall(Context*, const v1::PlayIntoCallRequest*, v1::Call*) override;
  Unary* GetCallStats(Context*, const v1::GetCallStatsRequest*, v1::GetCallStatsResponse*) override;
  Unary* ExplainCall(Context*, const v1::ExplainCallRequest*, v1::ExplainCallResponse*) override;
  grpc::ServerWriteReactor<v1::AttachCallResponse>* AttachCall(
      Context*, const v1::AttachCallRequest*) override;

 private:
  // Endpoints as texts of a request, checked; may wait for a disk, so that it is not for
  // the core thread.
  struct Endpoints {
    std::optional<model::AudioSource> capture;
    std::optional<model::AudioSink> playback;
  };
  base::Result<Endpoints> endpoints(const std::string& capture, const std::string& playback) const;
  // The file of a request; empty to stop.
  base::Result<std::string> file(const std::string& path, bool stop) const;

  const CoreAccess& core_;
  const FilePolicy& files_;
  ports::Timers& timers_;
};

}  // namespace commd::api
