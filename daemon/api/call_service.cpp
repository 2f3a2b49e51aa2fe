#include "daemon/api/call_service.h"

#include "daemon/api/attach_stream.h"
#include "daemon/api/convert.h"
#include "daemon/api/refused_stream.h"

namespace commd::api {
namespace {

using Done = core::CallBook::Done;

Done reply(v1::Call* response, Answer answer) {
  return reply_with<model::Call>(response, std::move(answer));
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
  const auto prepare = [&] { return endpoints(request->capture(), request->playback()); };
  return core_.unary(context, request, prepare,
                     [request, response](core::Core& core, const Endpoints& ends, Answer answer) {
                       auto overrides = overrides_from(request->settings());
                       if (!overrides) return answer(to_status(overrides.error()));
                       core::PlaceCall place;
                       place.address = request->address();
                       place.account = request->account();
                       place.capture = ends.capture;
                       place.playback = ends.playback;
                       place.owned = request->owned();
                       place.request_id = request->request_id();
                       place.overrides = std::move(*overrides);
                       core.calls().place(std::move(place), reply(response, std::move(answer)));
                     });
}

CallService::Unary* CallService::GetCall(Context* context, const v1::GetCallRequest* request,
                                         v1::Call* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.calls().get(request->id(), reply(response, std::move(answer)));
  });
}

CallService::Unary* CallService::ListCalls(Context* context, const v1::ListCallsRequest* request,
                                           v1::ListCallsResponse* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    if (!request->ended()) {
      for (const model::Call& call : core.calls().live()) to_proto(call, response->add_calls());
      return answer(grpc::Status::OK);
    }
    if (request->page_size() < 0 || request->page_size() > 1000)
      return answer(to_status(base::invalid_argument("page_size", "page_size is 1 to 1000")));
    ports::CallQuery query;
    query.missed_only = request->missed();
    query.limit = request->page_size() == 0 ? 100 : static_cast<unsigned>(request->page_size());
    query.before = request->page_token();
    const size_t limit = query.limit;
    core.calls().log(query,
                     [response, limit, answer](base::Result<std::vector<model::Call>> calls) {
                       if (!answer.open()) return;
                       if (!calls) return answer(to_status(calls.error()));
                       for (const model::Call& call : *calls) to_proto(call, response->add_calls());
                       if (calls->size() == limit)
                         response->set_next_page_token(calls->back().id.str());
                       answer(grpc::Status::OK);
                     });
  });
}

CallService::Unary* CallService::AnswerCall(Context* context, const v1::AnswerCallRequest* request,
                                            v1::Call* response) {
  const auto prepare = [&] { return endpoints(request->capture(), request->playback()); };
  return core_.unary(context, request, prepare,
                     [request, response](core::Core& core, const Endpoints& ends, Answer answer) {
                       core.calls().answer(request->id(),
                                           {ends.capture, ends.playback, request->owned()},
                                           reply(response, std::move(answer)));
                     });
}

CallService::Unary* CallService::RejectCall(Context* context, const v1::RejectCallRequest* request,
                                            v1::Call* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.calls().reject(
        request->id(),
        request->busy() ? core::CallBook::Rejection::busy : core::CallBook::Rejection::declined,
        reply(response, std::move(answer)));
  });
}

CallService::Unary* CallService::HangUpCall(Context* context, const v1::HangUpCallRequest* request,
                                            v1::Call* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.calls().hang_up(request->id(), reply(response, std::move(answer)));
  });
}

CallService::Unary* CallService::HoldCall(Context* context, const v1::HoldCallRequest* request,
                                          v1::Call* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.calls().hold(request->id(), reply(response, std::move(answer)));
  });
}

CallService::Unary* CallService::ResumeCall(Context* context, const v1::ResumeCallRequest* request,
                                            v1::Call* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.calls().resume(request->id(), reply(response, std::move(answer)));
  });
}

CallService::Unary* CallService::UpdateCall(Context* context, const v1::UpdateCallRequest* request,
                                            v1::Call* response) {
  const auto prepare = [&]() -> base::Result<Endpoints> {
    if (request->update_mask().paths_size() != 1)
      return base::fail(
          base::invalid_argument("update_mask", "name one of muted, capture, playback"));
    return endpoints(request->call().capture(), request->call().playback());
  };
  return core_.unary(
      context, request, prepare,
      [request, response](core::Core& core, const Endpoints& ends, Answer answer) {
        const auto& paths = request->update_mask().paths();
        const v1::Call& call = request->call();
        Done done = reply(response, answer);
        if (paths[0] == "muted") return core.calls().set_muted(call.id(), call.muted(), done);
        if (paths[0] == "capture")
          return core.calls().set_capture(call.id(), ends.capture.value_or(model::AudioSource{}),
                                          done);
        if (paths[0] == "playback")
          return core.calls().set_playback(call.id(), ends.playback.value_or(model::AudioSink{}),
                                           done);
        answer(to_status(base::invalid_argument(
            "update_mask",
            "\"" + paths[0] + "\" cannot be changed; use muted, capture or playback")));
      });
}

CallService::Unary* CallService::SendDtmf(Context* context, const v1::SendDtmfRequest* request,
                                          v1::Call* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.calls().send_digits(request->id(), request->digits(), to_ms(request->duration()),
                             reply(response, std::move(answer)));
  });
}

CallService::Unary* CallService::TransferCall(Context* context,
                                              const v1::TransferCallRequest* request,
                                              v1::Call* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    Done done = reply(response, answer);
    if (request->has_call())
      return core.calls().transfer_to_call(request->id(), request->call(), std::move(done));
    if (request->address().empty())
      return answer(to_status(base::invalid_argument("to", "name an address or another call")));
    core.calls().transfer(request->id(), request->address(), std::move(done));
  });
}

CallService::Unary* CallService::AcceptTransfer(Context* context,
                                                const v1::AcceptTransferRequest* request,
                                                v1::Call* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.calls().accept_transfer(request->id(), reply(response, std::move(answer)));
  });
}

CallService::Unary* CallService::RefuseTransfer(Context* context,
                                                const v1::RefuseTransferRequest* request,
                                                v1::Call* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.calls().refuse_transfer(request->id(), reply(response, std::move(answer)));
  });
}

CallService::Unary* CallService::VerifyCall(Context* context, const v1::VerifyCallRequest* request,
                                            v1::Call* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.calls().verify(request->id(), request->verified(), request->sas(),
                        reply(response, std::move(answer)));
  });
}

base::Result<std::string> CallService::file(const std::string& path, bool stop) const {
  if (stop) return std::string();
  if (auto ok = files_.check(path); !ok) return base::fail(ok.error());
  return path;
}

CallService::Unary* CallService::RecordCall(Context* context, const v1::RecordCallRequest* request,
                                            v1::Call* response) {
  const auto prepare = [&]() -> base::Result<std::string> {
    const std::string& path = request->path();
    if (!request->stop() && !path.ends_with(".wav") && !path.ends_with(".ogg"))
      return base::fail(base::invalid_argument("path", "a recording is a .wav or .ogg file"));
    return file(path, request->stop());
  };
  return core_.unary(context, request, prepare,
                     [request, response](core::Core& core, const std::string& path, Answer answer) {
                       core.calls().record(request->id(), path, reply(response, std::move(answer)));
                     });
}

CallService::Unary* CallService::PlayIntoCall(Context* context,
                                              const v1::PlayIntoCallRequest* request,
                                              v1::Call* response) {
  const auto prepare = [&] { return file(request->path(), request->stop()); };
  return core_.unary(context, request, prepare,
                     [request, response](core::Core& core, const std::string& path, Answer answer) {
                       core.calls().play(request->id(), path, reply(response, std::move(answer)));
                     });
}

CallService::Unary* CallService::GetCallStats(Context* context,
                                              const v1::GetCallStatsRequest* request,
                                              v1::GetCallStatsResponse* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.calls().stats(request->id(),
                       [response, answer](base::Result<std::vector<core::CallStatsOf>> all) {
                         if (!answer.open()) return;
                         if (!all) return answer(to_status(all.error()));
                         for (const auto& one : *all) to_proto(one, response->add_stats());
                         answer(grpc::Status::OK);
                       });
  });
}

CallService::Unary* CallService::ExplainCall(Context* context,
                                             const v1::ExplainCallRequest* request,
                                             v1::ExplainCallResponse* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.calls().explain(request->id(),
                         reply_with<core::CallExplained>(response, std::move(answer)));
  });
}

grpc::ServerWriteReactor<v1::AttachCallResponse>* CallService::AttachCall(
    Context*, const v1::AttachCallRequest* request) {
  using Refused = RefusedStream<v1::AttachCallResponse>;
  if (const auto ok = check_request(*request); !ok) return new Refused(to_status(ok.error()));
  const auto interval =
      request->has_interval() ? to_ms(request->interval()) : std::chrono::milliseconds(200);
  if (interval < std::chrono::milliseconds(100) || interval > std::chrono::seconds(10))
    return new Refused(to_status(base::invalid_argument("interval", "interval is 100 ms to 10 s")));
  return AttachStream::open(core_, timers_, request->id(), interval);
}

}  // namespace commd::api
