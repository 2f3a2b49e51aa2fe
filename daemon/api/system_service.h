// commd.v1.SystemService and DeviceService: translation only.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "commd/v1/device.grpc.pb.h"
#include "commd/v1/system.grpc.pb.h"
#include "daemon/api/core_access.h"
#include "daemon/api/watch_hub.h"

namespace commd::api {

// What the process knows of itself, from the composition root.
struct DaemonFacts {
  std::string version;
  std::string state_dir;
  std::string socket;
  base::WallTime start_time{};
  std::vector<std::string> features;
  // Core thread.
  std::function<std::vector<std::string>()> codecs;
  struct Usage {
    uint64_t resident_bytes = 0;
    base::Duration cpu_time{0};
  };
  std::function<Usage()> usage;
};

class SystemService final : public v1::SystemService::CallbackService {
 public:
  SystemService(const CoreAccess& core, const WatchHub& hub, DaemonFacts facts)
      : core_(core), hub_(hub), facts_(std::move(facts)) {}
  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context,
                                      const v1::GetStatusRequest* request,
                                      v1::Status* response) override;

 private:
  const CoreAccess& core_;
  const WatchHub& hub_;
  const DaemonFacts facts_;
};

class DeviceService final : public v1::DeviceService::CallbackService {
 public:
  explicit DeviceService(const CoreAccess& core) : core_(core) {}
  grpc::ServerUnaryReactor* ListDevices(grpc::CallbackServerContext* context,
                                        const v1::ListDevicesRequest* request,
                                        v1::ListDevicesResponse* response) override;
  grpc::ServerUnaryReactor* TestDevices(grpc::CallbackServerContext* context,
                                        const v1::TestDevicesRequest* request,
                                        v1::TestDevicesResponse* response) override;

 private:
  const CoreAccess& core_;
};

}  // namespace commd::api
