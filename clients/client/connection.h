// The channel to the daemon and its stubs. For the files of this room only.
#pragma once

#include <grpcpp/channel.h>

#include <memory>
#include <string>

#include "commd/v1/account.grpc.pb.h"
#include "commd/v1/call.grpc.pb.h"
#include "commd/v1/contact.grpc.pb.h"
#include "commd/v1/device.grpc.pb.h"
#include "commd/v1/discovery.grpc.pb.h"
#include "commd/v1/doctor.grpc.pb.h"
#include "commd/v1/event.grpc.pb.h"
#include "commd/v1/file.grpc.pb.h"
#include "commd/v1/message.grpc.pb.h"
#include "commd/v1/person.grpc.pb.h"
#include "commd/v1/presence.grpc.pb.h"
#include "commd/v1/room.grpc.pb.h"
#include "commd/v1/system.grpc.pb.h"

namespace commd::client {

struct Connection {
  explicit Connection(std::string path);

  std::string socket;
  std::shared_ptr<grpc::Channel> channel;
  v1::SystemService::Stub system;
  v1::AccountService::Stub accounts;
  v1::CallService::Stub calls;
  v1::DeviceService::Stub devices;
  v1::EventService::Stub events;
  v1::MessageService::Stub messages;
  v1::ContactService::Stub contacts;
  v1::PresenceService::Stub presences;
  v1::PersonService::Stub people;
  v1::RoomService::Stub rooms;
  v1::DiscoveryService::Stub discovery;
  v1::FileService::Stub files;
  v1::DoctorService::Stub doctor;
};

}  // namespace commd::client
