#include "clients/client/doctor_stream.h"

#include <utility>

#include "clients/client/connection.h"
#include "clients/client/error.h"
#include "clients/client/reader.h"
#include "clients/client/status.h"

namespace commd::client {

class DoctorStream::Machine {
 public:
  Machine(const Client& client, std::string account)
      : socket_(client.socket()), wake_(std::make_shared<Wake>()) {
    request_.set_account(std::move(account));
    reader_ = std::make_unique<CheckReader>(
        wake_, [this, &client](grpc::ClientContext* context, CheckReader* reader) {
          client.connection().doctor.async()->Examine(context, &request_, reader);
        });
  }

  int descriptor() const { return wake_->descriptor(); }
  bool ended() const { return ended_; }

  std::optional<v1::Check> next() {
    wake_->clear();  // before looking: what comes after it wakes up again
    if (auto response = reader_->take()) return std::move(*response->mutable_check());
    const auto status = reader_->status();
    if (!status) return std::nullopt;
    if (!status->ok()) throw error_of(*status, socket_);
    ended_ = true;
    return std::nullopt;
  }

 private:
  using CheckReader = Reader<v1::ExamineResponse>;

  const std::string socket_;
  v1::ExamineRequest request_;
  std::shared_ptr<Wake> wake_;
  bool ended_ = false;
  std::unique_ptr<CheckReader> reader_;  // last: it uses the others until it is gone
};

DoctorStream::DoctorStream(const Client& client, std::string account)
    : machine_(std::make_unique<Machine>(client, std::move(account))) {}
DoctorStream::~DoctorStream() = default;

int DoctorStream::descriptor() const { return machine_->descriptor(); }
std::optional<v1::Check> DoctorStream::next() { return machine_->next(); }
bool DoctorStream::ended() const { return machine_->ended(); }

}  // namespace commd::client
