#include "daemon/api/call_service.h"

#include "daemon/api/attach_stream.h"
#include "daemon/api/convert.h"

namespace commd::api {
namespace {

using Finish = CoreAccess::Finish;
using Done = core::CallBook::Done;

Done reply(v1::Call* response, Finish finish) {
  return reply_with<model::Call>(response, std::move(finish));
}

std::chrono::milliseconds to_ms(const google::protobuf::Duration& duration) {
  return std::chrono::seconds(duration.seconds()) +
         std::chrono::milliseconds(duration.nanos() / 1'000'000);
}

}  // namespace

base::Result<CallService::Endpoints> CallService::endpoints(const std::string& capture,
                                                            const std::string& playback) const {
  auto source = source_from(capture);
  if (!source) return base::fail(source.error());
  auto sink = sink_from(playback);
  if (!sink) return base::fail(sink.error());
  if (*source)
    if (auto ok = files_.check(**source); !ok) return base::fail(ok.error());
  if (*sink)
    if (auto ok = files_.check(**sink); !ok) return base::fail(ok.error());
  return Endpoints{*source, *sink};
}

CallService::Unary* CallService::CreateCall(Context* context, const v1::CreateCallRequest* request,
                                            v1::Call* response) {
  return core_.unary(context, [this, request, response](core::Core& core, Finish finish) {
    auto ends = endpoints(request->capture(), request->playback());
    if (!ends) return finish(to_status(ends.error()));
    core::PlaceCall place;
    place.address = request->address();
    place.account = request->account();
    place.capture = ends->capture;
    place.playback = ends->playback;
    place.owned = request->owned();
    place.request_id = request->request_id();
    place.overrides = overrides_from(request->settings());
    core.calls().place(std::move(place), reply(response, std::move(finish)));
  });
}

CallService::Unary* CallService::GetCall(Context* context, const v1::GetCallRequest* request,
                                         v1::Call* response) {
  return core_.unary(context, [request, response](core::Core& core, Finish finish) {
    core.calls().get(request->id(), reply(response, std::move(finish)));
  });
}

CallService::Unary* CallService::ListCalls(Context* context, const v1::ListCallsRequest* request,
                                           v1::ListCallsResponse* response) {
  return core_.unary(context, [request, response](core::Core& core, Finish finish) {
    if (!request->ended()) {
      for (const model::Call& call : core.calls().live()) to_proto(call, response->add_calls());
      return finish(grpc::Status::OK);
    }
    if (request->page_size() < 0 || request->page_size() > 1000)
      return finish(to_status(base::invalid_argument("page_size", "page_size is 1 to 1000")));
    ports::CallQuery query;
    query.missed_only = request->missed();
    query.limit = request->page_size() == 0 ? 100 : static_cast<unsigned>(request->page_size());
    query.before = request->page_token();
    const size_t limit = query.limit;
    core.calls().log(query, [response, limit, finish](base::Result<std::vector<model::Call>> calls) {
      if (!calls) return finish(to_status(calls.error()));
      for (const model::Call& call : *calls) to_proto(call, response->add_calls());
      if (calls->size() == limit) response->set_next_page_token(calls->back().id.str());
      finish(grpc::Status::OK);
    });
  });
}

CallService::Unary* CallService::AnswerCall(Context* context, const v1::AnswerCallRequest* request,
                                            v1::Call* response) {
  return core_.unary(context, [this, request, response](core::Core& core, Finish finish) {
    auto ends = endpoints(request->capture(), request->playback());
    if (!ends) return finish(to_status(ends.error()));
    core.calls().answer(request->id(), {ends->capture, ends->playback, request->owned()},
                        reply(response, std::move(finish)));
  });
}

CallService::Unary* CallService::RejectCall(Context* context, const v1::RejectCallRequest* request,
                                            v1::Call* response) {
  return core_.unary(context, [request, response](core::Core& core, Finish finish) {
    core.calls().reject(request->id(),
                        request->busy() ? core::CallBook::Rejection::busy
                                        : core::CallBook::Rejection::declined,
                        reply(response, std::move(finish)));
  });
}

CallService::Unary* CallService::HangUpCall(Context* context, const v1::HangUpCallRequest* request,
                                            v1::Call* response) {
  return core_.unary(context, [request, response](core::Core& core, Finish finish) {
    core.calls().hang_up(request->id(), reply(response, std::move(finish)));
  });
}

CallService::Unary* CallService::HoldCall(Context* context, const v1::HoldCallRequest* request,
                                          v1::Call* response) {
  return core_.unary(context, [request, response](core::Core& core, Finish finish) {
    core.calls().hold(request->id(), reply(response, std::move(finish)));
  });
}

CallService::Unary* CallService::ResumeCall(Context* context, const v1::ResumeCallRequest* request,
                                            v1::Call* response) {
  return core_.unary(context, [request, response](core::Core& core, Finish finish) {
    core.calls().resume(request->id(), reply(response, std::move(finish)));
  });
}

CallService::Unary* CallService::UpdateCall(Context* context, const v1::UpdateCallRequest* request,
                                            v1::Call* response) {
  return core_.unary(context, [this, request, response](core::Core& core, Finish finish) {
    const auto& paths = request->update_mask().paths();
    if (paths.size() != 1)
      return finish(to_status(base::invalid_argument(
          "update_mask", "name one of muted, capture, playback")));
    const v1::Call& call = request->call();
    auto ends = endpoints(call.capture(), call.playback());
    if (!ends) return finish(to_status(ends.error()));
    Done done = reply(response, finish);
    if (paths[0] == "muted") return core.calls().set_muted(call.id(), call.muted(), done);
    if (paths[0] == "capture")
      return core.calls().set_capture(call.id(), ends->capture.value_or(model::AudioSource{}), done);
    if (paths[0] == "playback")
      return core.calls().set_playback(call.id(), ends->playback.value_or(model::AudioSink{}), done);
    finish(to_status(base::invalid_argument(
        "update_mask", "\"" + paths[0] + "\" cannot be changed; use muted, capture or playback")));
  });
}

CallService::Unary* CallService::SendDtmf(Context* context, const v1::SendDtmfRequest* request,
                                          v1::Call* response) {
  return core_.unary(context, [request, response](core::Core& core, Finish finish) {
    core.calls().send_digits(request->id(), request->digits(), to_ms(request->duration()),
                             reply(response, std::move(finish)));
  });
}

CallService::Unary* CallService::TransferCall(Context* context,
                                              const v1::TransferCallRequest* request,
                                              v1::Call* response) {
  return core_.unary(context, [request, response](core::Core& core, Finish finish) {
    Done done = reply(response, finish);
    if (request->has_call())
      return core.calls().transfer_to_call(request->id(), request->call(), std::move(done));
    if (request->address().empty())
      return finish(to_status(base::invalid_argument("to", "name an address or another call")));
    core.calls().transfer(request->id(), request->address(), std::move(done));
  });
}

CallService::Unary* CallService::RecordCall(Context* context, const v1::RecordCallRequest* request,
                                            v1::Call* response) {
  return core_.unary(context, [this, request, response](core::Core& core, Finish finish) {
    const std::string& path = request->path();
    if (!request->stop()) {
      if (!path.ends_with(".wav") && !path.ends_with(".ogg"))
        return finish(to_status(base::invalid_argument("path", "a recording is a .wav or .ogg file")));
      if (auto ok = files_.check(path); !ok) return finish(to_status(ok.error()));
    }
    core.calls().record(request->id(), request->stop() ? std::string{} : path,
                        reply(response, std::move(finish)));
  });
}

CallService::Unary* CallService::PlayIntoCall(Context* context,
                                              const v1::PlayIntoCallRequest* request,
                                              v1::Call* response) {
  return core_.unary(context, [this, request, response](core::Core& core, Finish finish) {
    if (!request->stop())
      if (auto ok = files_.check(request->path()); !ok) return finish(to_status(ok.error()));
    core.calls().play(request->id(), request->stop() ? std::string{} : request->path(),
                      reply(response, std::move(finish)));
  });
}

CallService::Unary* CallService::GetCallStats(Context* context,
                                              const v1::GetCallStatsRequest* request,
                                              v1::GetCallStatsResponse* response) {
  return core_.unary(context, [request, response](core::Core& core, Finish finish) {
    core.calls().stats(request->id(),
                       [response, finish](base::Result<std::vector<core::CallStatsOf>> all) {
                         if (!all) return finish(to_status(all.error()));
                         for (const auto& one : *all) to_proto(one, response->add_stats());
                         finish(grpc::Status::OK);
                       });
  });
}

grpc::ServerWriteReactor<v1::AttachCallResponse>* CallService::AttachCall(
    Context*, const v1::AttachCallRequest* request) {
  auto interval = request->has_interval() ? to_ms(request->interval())
                                          : std::chrono::milliseconds(200);
  interval = std::clamp(interval, std::chrono::milliseconds(100), std::chrono::milliseconds(10'000));
  return AttachStream::open(core_, timers_, request->id(), interval);
}

}  // namespace commd::api
