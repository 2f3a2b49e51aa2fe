#include "tests/cli/fake_daemon/services.h"

#include <unistd.h>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace commd::fake {
namespace {

using grpc::ServerContext;
using grpc::Status;
using grpc::StatusCode;
using std::chrono::milliseconds;

class System final : public v1::SystemService::Service {
 public:
  System(State& state, std::string socket) : state_(state), socket_(std::move(socket)) {}
  Status GetStatus(ServerContext*, const v1::GetStatusRequest*, v1::Status* status) override {
    status->set_version("0.0.1");
    status->set_pid(::getpid());
    status->set_socket(socket_);
    status->add_listening("unix " + socket_);
    status->add_listening("udp 127.0.0.1:5060");
    status->mutable_uptime()->set_seconds(75);
    status->set_rss_bytes(12'000'000);
    for (const auto& account : state_.accounts()) {
      status->set_accounts(status->accounts() + 1);
      if (account.state() == v1::Account::STATE_ONLINE)
        status->set_accounts_online(status->accounts_online() + 1);
    }
    return Status::OK;
  }

 private:
  State& state_;
  std::string socket_;
};

class Devices final : public v1::DeviceService::Service {
 public:
  Status ListDevices(ServerContext*, const v1::ListDevicesRequest*,
                     v1::ListDevicesResponse* response) override {
    auto& device = *response->add_devices();
    device.set_id("headset");
    device.set_description("A headset");
    device.set_kind(v1::Device::KIND_CAPTURE);
    device.set_default_(true);
    response->set_message("there is no speaker");
    return Status::OK;
  }
  Status TestDevices(ServerContext*, const v1::TestDevicesRequest*,
                     v1::TestDevicesResponse* response) override {
    response->set_peak_dbov(-12.5);
    response->set_rms_dbov(-30);
    response->set_message("the tone was heard");
    return Status::OK;
  }
};

class Events final : public v1::EventService::Service {
 public:
  explicit Events(State& state) : state_(state) {}

  Status Watch(ServerContext* context, const v1::WatchRequest* request,
               grpc::ServerWriter<v1::WatchResponse>* writer) override {
    uint64_t sequence = 0;
    const uint64_t generation = state_.generation();
    if (request->resume_token().empty()) {
      send_snapshot(writer, sequence);
    } else {
      sequence = std::stoull(request->resume_token().substr(1));
      if (sequence < state_.oldest())
        return failure(StatusCode::OUT_OF_RANGE, "RESUME_TOKEN_EXPIRED", "the token is too old");
    }
    const auto cancelled = [&] { return context->IsCancelled(); };
    while (auto event = state_.after(sequence, generation, cancelled)) {
      sequence = event->sequence();
      v1::WatchResponse response;
      response.set_resume_token(token(sequence));
      *response.mutable_event() = std::move(*event);
      if (!writer->Write(response)) return Status::OK;
    }
    return failure(StatusCode::RESOURCE_EXHAUSTED, "SLOW_WATCHER", "too much waited unread");
  }

 private:
  static std::string token(uint64_t sequence) { return "t" + std::to_string(sequence); }

  void send_snapshot(grpc::ServerWriter<v1::WatchResponse>* writer, uint64_t& sequence) {
    for (v1::Event& event : state_.snapshot(sequence)) {
      v1::WatchResponse response;
      *response.mutable_event() = std::move(event);
      *response.mutable_event()->mutable_time() = now();
      writer->Write(response);
    }
    v1::WatchResponse response;
    response.set_resume_token(token(sequence));
    response.mutable_checkpoint()->set_sequence(sequence);
    writer->Write(response);
  }

  State& state_;
};

class Accounts final : public v1::AccountService::Service {
 public:
  explicit Accounts(State& state) : state_(state) {}

  Status CreateAccount(ServerContext*, const v1::CreateAccountRequest* request,
                       v1::Account* account) override {
    *account = request->account();
    if (account->address().find('@') == std::string::npos)
      return failure(StatusCode::INVALID_ARGUMENT, "ADDRESS_INVALID",
                     "\"" + account->address() + "\" is no address");
    if (account->id().empty()) account->set_id(account->address());
    if (state_.account(account->id()))
      return failure(StatusCode::ALREADY_EXISTS, "ACCOUNT_EXISTS",
                     "there is an account " + account->id() + " already");
    account->set_protocol(v1::Account::PROTOCOL_SIP);
    account->set_has_password(!request->password().empty());
    account->set_has_turn_password(!request->turn_password().empty());
    account->set_state(v1::Account::STATE_CONNECTING);
    state_.put(*account);
    const bool wrong = request->password() == "wrong" || (request->password() == "xmpp-only" &&
                                                          account->address().starts_with("sip:"));
    if (request->password() != "slow")
      state_.later(milliseconds(30), [this, id = account->id(), wrong] { settle(id, wrong); });
    return Status::OK;
  }

  Status DiscoverServers(ServerContext*, const v1::DiscoverServersRequest* request,
                         v1::DiscoverServersResponse* response) override {
    const std::string& address = request->address();
    const auto found = [&](v1::Account::Protocol protocol, const std::string& where,
                           const std::string& how) {
      v1::DiscoveredServer& server = *response->add_servers();
      server.set_protocol(protocol);
      server.set_address(where);
      server.set_found_by(how);
    };
    if (address.ends_with("@nowhere.example")) {
      response->add_tried("SIP: UDP: 192.0.2.9:5060: no answer");
    } else if (address.ends_with("@both.example")) {
      found(v1::Account::PROTOCOL_SIP, "sip:" + address, "_sips._tcp says sip.both.example:5061");
      found(v1::Account::PROTOCOL_XMPP, "xmpp:" + address,
            "_xmpps-client._tcp says xmpp.both.example:5223");
    } else {
      found(v1::Account::PROTOCOL_SIP, address, "");
    }
    return Status::OK;
  }

  Status GetAccount(ServerContext*, const v1::GetAccountRequest* request,
                    v1::Account* account) override {
    return find_account(state_, request->id(), *account);
  }

  Status ListAccounts(ServerContext*, const v1::ListAccountsRequest*,
                      v1::ListAccountsResponse* response) override {
    for (auto& account : state_.accounts()) *response->add_accounts() = std::move(account);
    return Status::OK;
  }

  Status UpdateAccount(ServerContext*, const v1::UpdateAccountRequest* request,
                       v1::Account* account) override {
    const Status found = find_account(state_, request->account().id(), *account);
    if (!found.ok()) return found;
    for (const std::string& path : request->update_mask().paths())
      if (!path.starts_with("settings."))
        return failure(StatusCode::INVALID_ARGUMENT, "MASK_INVALID", "no such field: " + path);
    account->mutable_settings()->MergeFrom(request->account().settings());
    state_.put(*account);
    return Status::OK;
  }

  Status DeleteAccount(ServerContext*, const v1::DeleteAccountRequest* request,
                       google::protobuf::Empty*) override {
    v1::Account account;
    const Status found = find_account(state_, request->id(), account);
    if (found.ok()) state_.remove_account(account.id());
    return found;
  }

  Status EnableAccount(ServerContext*, const v1::EnableAccountRequest* request,
                       v1::Account* account) override {
    return set_state(request->id(), v1::Account::STATE_ONLINE, *account);
  }

  Status DisableAccount(ServerContext*, const v1::DisableAccountRequest* request,
                        v1::Account* account) override {
    return set_state(request->id(), v1::Account::STATE_DISABLED, *account);
  }

 private:
  Status set_state(const std::string& id, v1::Account::State state, v1::Account& account) {
    const Status found = find_account(state_, id, account);
    if (!found.ok()) return found;
    account.set_state(state);
    state_.put(account);
    return Status::OK;
  }

  void settle(const std::string& id, bool wrong) {
    auto account = state_.account(id);
    if (!account) return;
    account->set_state(wrong ? v1::Account::STATE_FAILED : v1::Account::STATE_ONLINE);
    if (wrong) {
      account->set_state_reason("AUTHENTICATION_FAILED");
      account->set_state_message("the server refused the password");
    } else {
      account->set_server_in_use("tls sip.example.org (192.0.2.1:5061)");
    }
    state_.put(*account);
  }

  State& state_;
};

}  // namespace

Status failure(StatusCode code, const std::string& reason, const std::string& message,
               const std::map<std::string, std::string>& metadata) {
  google::rpc::ErrorInfo info;
  info.set_reason(reason);
  info.set_domain("commd");
  info.mutable_metadata()->insert(metadata.begin(), metadata.end());
  google::rpc::Status details;
  details.set_code(code);
  details.set_message(message);
  details.add_details()->PackFrom(info);
  return {code, message, details.SerializeAsString()};
}

Status find_account(const State& state, const std::string& id, v1::Account& found) {
  std::string candidates;
  int matches = 0;
  for (const auto& account : state.accounts()) {
    const bool exact = account.id() == id || account.address() == id;
    if (!exact && !account.id().starts_with(id)) continue;
    found = account;
    if (exact) return Status::OK;
    candidates += (matches++ == 0 ? "" : ", ") + account.id();
  }
  if (matches == 1) return Status::OK;
  if (matches == 0)
    return failure(StatusCode::NOT_FOUND, "ACCOUNT_NOT_FOUND", "there is no account " + id);
  return failure(StatusCode::FAILED_PRECONDITION, "AMBIGUOUS", id + " stands for several accounts",
                 {{"candidates", candidates}});
}

Status find_call(const State& state, const std::string& id, v1::Call& found) {
  std::string candidates;
  int matches = 0;
  for (const auto& call : state.calls()) {
    if (id.empty() ? call.state() == v1::Call::STATE_ENDED : !call.id().starts_with(id)) continue;
    found = call;
    if (call.id() == id) return Status::OK;
    candidates += (matches++ == 0 ? "" : ", ") + call.id();
  }
  if (matches == 1) return Status::OK;
  if (matches == 0)
    return failure(StatusCode::NOT_FOUND, "CALL_NOT_FOUND",
                   id.empty() ? "there is no call" : "there is no call " + id);
  return failure(StatusCode::FAILED_PRECONDITION, "AMBIGUOUS", "several calls could be meant",
                 {{"candidates", candidates}});
}

std::unique_ptr<v1::SystemService::Service> make_system_service(State& state, std::string socket) {
  return std::make_unique<System>(state, std::move(socket));
}
std::unique_ptr<v1::AccountService::Service> make_account_service(State& state) {
  return std::make_unique<Accounts>(state);
}
std::unique_ptr<v1::EventService::Service> make_event_service(State& state) {
  return std::make_unique<Events>(state);
}
std::unique_ptr<v1::DeviceService::Service> make_device_service() {
  return std::make_unique<Devices>();
}

}  // namespace commd::fake
