#include <google/protobuf/util/time_util.h>

#include <iostream>

#include "tests/cli/fake_daemon/services.h"

namespace commd::fake {
namespace {

using google::protobuf::util::TimeUtil;
using grpc::ServerContext;
using grpc::Status;
using grpc::StatusCode;
using std::chrono::milliseconds;
using v1::Call;

class Calls final : public v1::CallService::Service {
 public:
  explicit Calls(State& state) : state_(state) {}

  Status CreateCall(ServerContext*, const v1::CreateCallRequest* request, Call* call) override {
    if (request->address() == "choose")
      return failure(StatusCode::INVALID_ARGUMENT, "ACCOUNT_REQUIRED",
                     "several accounts could place the call; choose one with --from",
                     {{"choices", "alice@example.org, work"}});
    call->set_id(state_.next_call_id());
    call->set_account(request->account().empty() ? "local" : request->account());
    call->set_direction(Call::DIRECTION_OUTGOING);
    call->set_state(Call::STATE_DIALING);
    call->mutable_remote()->set_address("sip:" + request->address() + "@127.0.0.1");
    if (request->address() == "evil")
      call->mutable_remote()->set_display_name("\x1b[2JEvil\r\n\u202e");
    call->set_capture(request->capture());
    call->set_playback(request->playback());
    call->set_owned(request->owned());
    *call->mutable_create_time() = now();
    state_.put(*call);
    script(call->id(), request->address());
    return Status::OK;
  }

  Status GetCall(ServerContext*, const v1::GetCallRequest* request, Call* call) override {
    return find_call(state_, request->id(), *call);
  }

  Status ListCalls(ServerContext*, const v1::ListCallsRequest* request,
                   v1::ListCallsResponse* response) override {
    for (auto& call : state_.calls())
      if ((call.state() == Call::STATE_ENDED) == request->ended() &&
          (!request->missed() || call.missed()))
        *response->add_calls() = std::move(call);
    return Status::OK;
  }

  Status AnswerCall(ServerContext*, const v1::AnswerCallRequest* request, Call* call) override {
    return change(request->id(), *call, [&](Call& c) {
      c.set_capture(request->capture());
      c.set_owned(request->owned());
      state_.put(c);
      state_.advance(c.id(), Call::STATE_ACTIVE);
    });
  }

  Status RejectCall(ServerContext*, const v1::RejectCallRequest* request, Call* call) override {
    return change(request->id(), *call, [&](const Call& c) {
      state_.end(c.id(), request->busy() ? Call::END_REASON_BUSY : Call::END_REASON_DECLINED,
                 request->busy() ? 486 : 603, Call::ENDED_BY_LOCAL);
    });
  }

  Status HangUpCall(ServerContext*, const v1::HangUpCallRequest* request, Call* call) override {
    return change(request->id(), *call, [&](const Call& c) {
      state_.end(c.id(),
                 c.has_answer_time() ? Call::END_REASON_HUNG_UP : Call::END_REASON_CANCELLED,
                 c.has_answer_time() ? 200 : 487, Call::ENDED_BY_LOCAL);
    });
  }

  Status HoldCall(ServerContext*, const v1::HoldCallRequest* request, Call* call) override {
    const Status found = find_call(state_, request->id(), *call);
    if (found.ok() && call->state() < Call::STATE_ACTIVE)
      return failure(StatusCode::FAILED_PRECONDITION, "WRONG_STATE", "it is not answered yet");
    return change(request->id(), *call, [&](Call& c) { hold(c, true); });
  }

  Status ResumeCall(ServerContext*, const v1::ResumeCallRequest* request, Call* call) override {
    return change(request->id(), *call, [&](Call& c) { hold(c, false); });
  }

  Status UpdateCall(ServerContext*, const v1::UpdateCallRequest* request, Call* call) override {
    return change(request->call().id(), *call, [&](Call& c) {
      c.set_muted(request->call().muted());
      state_.put(c);
    });
  }

  Status SendDtmf(ServerContext*, const v1::SendDtmfRequest* request, Call* call) override {
    return change(request->id(), *call, [&](const Call& c) {
      std::cout << "dtmf " << c.id() << " " << request->digits() << std::endl;
    });
  }

  Status TransferCall(ServerContext*, const v1::TransferCallRequest* request, Call* call) override {
    return change(request->id(), *call, [&](Call& c) {
      c.mutable_transfer()->set_state(v1::TransferStatus::STATE_REQUESTED);
      c.mutable_transfer()->set_target(request->has_call() ? request->call() : request->address());
      state_.put(c);
    });
  }

  Status AcceptTransfer(ServerContext*, const v1::AcceptTransferRequest* request,
                        Call* call) override {
    return answer_transfer(request->id(), "accepted", *call);
  }

  Status RefuseTransfer(ServerContext*, const v1::RefuseTransferRequest* request,
                        Call* call) override {
    return answer_transfer(request->id(), "refused", *call);
  }

  Status VerifyCall(ServerContext*, const v1::VerifyCallRequest* request, Call* call) override {
    return change(request->id(), *call, [&](Call& c) {
      c.mutable_security()->set_sas("x19g");
      c.mutable_security()->set_verified_here(request->verified());
      c.mutable_security()->set_level(request->verified() ? v1::CallSecurity::LEVEL_VERIFIED
                                                          : v1::CallSecurity::LEVEL_ENCRYPTED);
      state_.put(c);
    });
  }

  Status RecordCall(ServerContext*, const v1::RecordCallRequest* request, Call* call) override {
    return change(request->id(), *call, [&](Call& c) {
      std::cout << "record " << request->path() << std::endl;
      c.set_recording(!request->stop());
      state_.put(c);
    });
  }

  Status PlayIntoCall(ServerContext*, const v1::PlayIntoCallRequest* request, Call* call) override {
    return change(request->id(), *call, [&](Call& c) {
      c.set_playing(!request->stop());
      state_.put(c);
    });
  }

  Status GetCallStats(ServerContext*, const v1::GetCallStatsRequest* request,
                      v1::GetCallStatsResponse* response) override {
    Call call;
    const Status found = find_call(state_, request->id(), call);
    if (found.ok()) *response->add_stats() = stats_of(call);
    return request->id().empty() ? Status::OK : found;
  }

  Status AttachCall(ServerContext* context, const v1::AttachCallRequest* request,
                    grpc::ServerWriter<v1::AttachCallResponse>* writer) override {
    Call call;
    const Status found = find_call(state_, request->id(), call);
    if (!found.ok()) return found;
    std::cout << "attached " << call.id() << std::endl;
    const milliseconds interval(TimeUtil::DurationToMilliseconds(request->interval()));
    v1::AttachCallResponse response;
    do {
      *response.mutable_stats() = stats_of(call);
    } while (writer->Write(response) &&
             state_.wait_while_alive(call.id(), interval, [&] { return context->IsCancelled(); }));
    std::cout << "detached " << call.id() << std::endl;
    return Status::OK;
  }

 private:
  template <class Action>
  Status change(const std::string& id, Call& call, Action action) {
    const Status found = find_call(state_, id, call);
    if (!found.ok()) return found;
    if (call.state() == Call::STATE_ENDED)
      return failure(StatusCode::FAILED_PRECONDITION, "CALL_ENDED", "the call is over");
    action(call);
    call = state_.call(call.id()).value_or(call);
    return Status::OK;
  }

  Status answer_transfer(const std::string& id, const std::string& word, Call& call) {
    return change(id, call, [&](Call& c) {
      std::cout << "transfer " << word << " " << c.transfer_request().target() << std::endl;
      c.clear_transfer_request();
      state_.put(c);
    });
  }

  void hold(Call& call, bool on) {
    call.set_held_by_local(on);
    call.set_state(on ? Call::STATE_HELD : Call::STATE_ACTIVE);
    state_.put(call);
  }

  void script(const std::string& id, const std::string& address) {
    const auto at = [&](int ms, auto action) { state_.later(milliseconds(ms), action); };
    at(10, [this, id] { state_.advance(id, Call::STATE_RINGING); });
    if (address == "busy") {
      at(30, [this, id] { state_.end(id, Call::END_REASON_BUSY, 486, Call::ENDED_BY_REMOTE); });
    } else if (address != "nobody") {
      at(30, [this, id] { state_.advance(id, Call::STATE_ACTIVE); });
    }
    if (address == "refers")
      at(60, [this, id] {
        Call call = state_.call(id).value_or(Call());
        call.mutable_transfer_request()->set_target("sip:carol@x");
        state_.put(call);
        std::cout << "refers " << id << std::endl;
      });
    if (address == "drop")
      at(150, [this, id] { state_.end(id, Call::END_REASON_HUNG_UP, 200, Call::ENDED_BY_REMOTE); });
  }

  static v1::CallStats stats_of(const Call& call) {
    v1::CallStats stats;
    stats.set_call(call.id());
    stats.set_mos(4.38);
    stats.set_round_trip_ms(1.5);
    stats.set_mouth_to_ear_ms(48);
    stats.set_jitter_buffer_ms(20);
    stats.mutable_sent()->set_packets(100);
    stats.mutable_sent()->set_level_dbov(-20);
    stats.mutable_received()->set_packets(98);
    stats.mutable_received()->set_packets_lost(2);
    stats.mutable_received()->set_loss_ratio(0.02);
    stats.mutable_received()->set_jitter_ms(3.25);
    stats.mutable_received()->set_level_dbov(-35);
    *stats.mutable_security() = call.security();
    return stats;
  }

  State& state_;
};

}  // namespace

std::unique_ptr<v1::CallService::Service> make_call_service(State& state) {
  return std::make_unique<Calls>(state);
}

}  // namespace commd::fake
