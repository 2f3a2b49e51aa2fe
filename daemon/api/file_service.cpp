#include "daemon/api/file_service.h"

#include "daemon/api/convert.h"

namespace commd::api {
namespace {

using Reactor = grpc::ServerUnaryReactor;

core::FileBook::Done file_to(v1::FileTransfer* response, Answer answer) {
  return reply_with<model::FileTransfer>(response, std::move(answer));
}

// What `prepare` of CoreAccess::unary() wants: a value.
base::Result<bool> checked(const base::Result<void>& result) {
  if (!result) return base::fail(result.error());
  return true;
}

base::Result<void> check_size(int64_t size) {
  if (size >= 0) return {};
  return base::fail(base::invalid_argument("max_size", "it is a number of bytes, or 0"));
}

}  // namespace

Reactor* FileService::SendFile(Context* context, const v1::SendFileRequest* request,
                               v1::FileTransfer* response) {
  return core_.unary(
      context, request, [this, request] { return checked(files_.check(request->path())); },
      [request, response](core::Core& core, bool, Answer answer) {
        core.files().send(
            {request->address(), request->account(), request->path(), request->description(),
             route_from(request->route()), request->request_id(), request->media_type()},
            file_to(response, std::move(answer)));
      });
}

Reactor* FileService::ReceiveFile(Context* context, const v1::ReceiveFileRequest* request,
                                  v1::FileTransfer* response) {
  return core_.unary(
      context, request,
      [this, request] {
        if (const auto size = check_size(request->max_size()); !size) return checked(size);
        return request->path().empty() ? checked({}) : checked(files_.check(request->path()));
      },
      [request, response](core::Core& core, bool, Answer answer) {
        core.files().receive({request->id(), request->message(), request->url(), request->path(),
                              static_cast<uint64_t>(request->max_size())},
                             file_to(response, std::move(answer)));
      });
}

Reactor* FileService::RejectFile(Context* context, const v1::RejectFileRequest* request,
                                 v1::FileTransfer* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.files().reject(request->id(), file_to(response, std::move(answer)));
  });
}

Reactor* FileService::CancelFile(Context* context, const v1::CancelFileRequest* request,
                                 v1::FileTransfer* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.files().cancel(request->id(), file_to(response, std::move(answer)));
  });
}

Reactor* FileService::ResumeFile(Context* context, const v1::ResumeFileRequest* request,
                                 v1::FileTransfer* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.files().resume(request->id(), file_to(response, std::move(answer)));
  });
}

Reactor* FileService::GetFile(Context* context, const v1::GetFileRequest* request,
                              v1::FileTransfer* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    file_to(response, std::move(answer))(core.files().find(request->id()));
  });
}

Reactor* FileService::ListFiles(Context* context, const v1::ListFilesRequest* request,
                                v1::ListFilesResponse* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    if (request->page_size() < 0 || request->page_size() > 1000)
      return answer(to_status(base::invalid_argument("page_size", "page_size is 1 to 1000")));
    const size_t most = request->page_size() == 0 ? 100 : static_cast<size_t>(request->page_size());
    const auto files =
        core.files().list(request->address(), request->account(), most, request->page_token());
    if (!files) return answer(to_status(files.error()));
    for (const model::FileTransfer& each : *files) to_proto(each, response->add_files());
    if (files->size() == most) response->set_next_page_token(files->back().id.str());
    answer(grpc::Status::OK);
  });
}

}  // namespace commd::api
