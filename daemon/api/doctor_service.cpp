#include "daemon/api/doctor_service.h"

#include "daemon/api/examine_stream.h"
#include "daemon/api/refused_stream.h"

namespace commd::api {

grpc::ServerWriteReactor<v1::ExamineResponse>* DoctorService::Examine(
    grpc::CallbackServerContext*, const v1::ExamineRequest* request) {
  if (const auto ok = check_request(*request); !ok)
    return new RefusedStream<v1::ExamineResponse>(to_status(ok.error()));
  return ExamineStream::open(core_, request->account());
}

}  // namespace commd::api
