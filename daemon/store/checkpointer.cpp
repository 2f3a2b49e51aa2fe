#include "daemon/store/checkpointer.h"

#include <utility>

#include "daemon/store/thread.h"

namespace commd::store {

Checkpointer::Checkpointer(std::unique_ptr<Database> database)
    : database_(std::move(database)), thread_(start_thread("store-sync", [this] { run(); })) {}

Checkpointer::~Checkpointer() {
  inbox_.push(Order::stop);
  thread_.join();
}

void Checkpointer::run() {
  while (inbox_.take_all().back() != Order::stop) database_->checkpoint();
}

}  // namespace commd::store
