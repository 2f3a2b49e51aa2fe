#include "daemon/api/system_service.h"

#include <unistd.h>

#include "daemon/api/convert.h"
#include "daemon/base/escape.h"

namespace commd::api {

grpc::ServerUnaryReactor* SystemService::GetStatus(grpc::CallbackServerContext* context,
                                                   const v1::GetStatusRequest* request,
                                                   v1::Status* response) {
  return core_.unary(context, request, [this, response](core::Core& core, Answer answer) {
    response->set_version(facts_.version);
    response->set_pid(::getpid());
    response->set_state_dir(facts_.state_dir);
    response->set_socket(facts_.socket);
    set_time(facts_.start_time, response->mutable_start_time());
    set_duration(std::chrono::system_clock::now() - facts_.start_time, response->mutable_uptime());
    response->add_listening("unix " + facts_.socket);
    for (const std::string& address : core.listening()) response->add_listening(address);
    for (const model::Account& account : core.accounts().list()) {
      // Online, but not as it was meant: a port that was taken.
      if (account.state == model::AccountState::online && !account.state_message.empty())
        response->add_problems(account.id.str() + ": " +
                               base::to_valid_utf8(account.state_message));
      if (account.protocol == model::Protocol::local) continue;
      response->set_accounts(response->accounts() + 1);
      if (account.state == model::AccountState::online)
        response->set_accounts_online(response->accounts_online() + 1);
    }
    response->set_calls(static_cast<uint32_t>(core.calls().live().size()));
    const DaemonFacts::Usage usage = facts_.usage();
    response->set_rss_bytes(usage.resident_bytes);
    set_duration(usage.cpu_time, response->mutable_cpu_time());
    response->set_watchers(static_cast<uint32_t>(hub_.watchers()));
    response->set_event_sequence(core.events().published_sequence());
    for (const std::string& feature : facts_.features) response->add_features(feature);
    for (const std::string& codec : facts_.codecs()) response->add_codecs(codec);
    for (const std::string& problem : core.problems())
      response->add_problems(base::to_valid_utf8(problem));
    answer(grpc::Status::OK);
  });
}

grpc::ServerUnaryReactor* DeviceService::ListDevices(grpc::CallbackServerContext* context,
                                                     const v1::ListDevicesRequest* request,
                                                     v1::ListDevicesResponse* response) {
  return core_.unary(context, request, [response](core::Core& core, Answer answer) {
    core.devices().list([&core, response, answer](const std::vector<model::Device>& devices) {
      if (!answer.open()) return;
      for (const auto kind : {model::Device::Kind::capture, model::Device::Kind::playback})
        for (const model::Device& device : devices)
          if (device.kind == kind) to_proto(device, response->add_devices());
      response->set_message(base::to_valid_utf8(core.devices().message()));
      answer(grpc::Status::OK);
    });
  });
}

grpc::ServerUnaryReactor* DeviceService::TestDevices(grpc::CallbackServerContext* context,
                                                     const v1::TestDevicesRequest* request,
                                                     v1::TestDevicesResponse* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    auto source = source_from(request->capture());
    auto sink = sink_from(request->playback());
    if (!source) return answer(to_status(source.error()));
    if (!sink) return answer(to_status(sink.error()));
    const unsigned seconds = request->seconds() == 0 ? 3 : request->seconds();
    if (seconds > 30)
      return answer(to_status(base::invalid_argument("seconds", "a test takes 1 to 30 seconds")));
    core.test_devices(*source, *sink, seconds,
                      [response, answer](base::Result<ports::MediaEngine::DeviceTest> test) {
                        if (!answer.open()) return;
                        if (!test) return answer(to_status(test.error()));
                        response->set_peak_dbov(test->peak_dbov);
                        response->set_rms_dbov(test->rms_dbov);
                        response->set_message(base::to_valid_utf8(test->message));
                        answer(grpc::Status::OK);
                      });
  });
}

}  // namespace commd::api
