// Tells when the machine's addresses, links or default routes have changed: the moment
// to connect again, and to restart ICE. The kernel tells (rtnetlink); nothing is polled.
//
// Thread of the io_context.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/base/time.h"
#include "daemon/net/address.h"

namespace boost::asio {
class io_context;
}

namespace commd::net {

struct AddressChange {
  // The usable addresses now, sorted. They may be the same as before: the other network
  // may give the same address, and its connections are dead nevertheless.
  std::vector<IpAddress> addresses;
};

struct AddressWatchOptions {
  // A change is told when nothing has changed for that long, at the latest after ten
  // times as long.
  base::Duration quiet = std::chrono::milliseconds(500);
};

class AddressWatch {
 public:
  using Callback = std::function<void(const AddressChange&)>;
  // Starts at once. `callback` is called first when the present state is known, then after
  // each change; never inside create(). It may destroy the watch.
  // Error NETLINK_FAILED (internal).
  static base::Result<std::unique_ptr<AddressWatch>> create(boost::asio::io_context& context,
                                                            const AddressWatchOptions& options,
                                                            Callback callback);
  ~AddressWatch();
  AddressWatch(const AddressWatch&) = delete;
  AddressWatch& operator=(const AddressWatch&) = delete;

 private:
  struct State;
  explicit AddressWatch(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace commd::net
