// All XMPP accounts, on their thread.
//
// XMPP thread, also its making and its end.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/loop/asio_timers.h"
#include "daemon/loop/core_loop.h"
#include "daemon/loop/pool.h"
#include "daemon/net/address_watch.h"
#include "daemon/xmpp/asio_byte_network.h"
#include "daemon/xmpp/asio_network.h"
#include "daemon/xmpp/component_account.h"
#include "daemon/xmpp/file_disk.h"
#include "daemon/xmpp/xmpp_account.h"

namespace commd::xmpp {

class XmppStack {
 public:
  // Each outlives it.
  XmppStack(loop::CoreLoop& loop, loop::Pool& pool, loop::Pool& disk,
            const std::string& resolv_conf, AccountEvents& events, base::Logger log);

  // See ports::Contacts.
  void know_list(const model::AccountId& account, ports::KnownRoster list);
  void account_up(const model::Account& account, base::Secret password,
                  const std::map<std::string, std::string>& facts);
  void account_down(const model::AccountId& account);
  void set_in_use(bool in_use, std::function<void()> caught_up);
  // None where it is not up, or is of the other kind.
  XmppAccount* account(const model::AccountId& account);
  ComponentAccount* component(const model::AccountId& account);
  // Of a call; none where nobody has it (any more).
  XmppAccount* account_of(const model::LegId& leg);
  // Ends all streams in order; `done` within 1.3 s. No account comes up after it.
  void shut_down(std::function<void()> done);

 private:
  void watch_network();
  void component_up(const model::Account& account, base::Secret secret);
  // Whatever it is, it says its goodbye and then ends.
  using Leave = std::function<void(std::function<void()> done)>;
  void leave(std::shared_ptr<void> account, const Leave& leave, std::function<void()> done);

  loop::AsioTimers timers_;
  loop::SystemClock clock_;
  AsioNetwork network_;
  AsioByteNetwork bytes_;
  FileDisk disk_;
  FileServices files_{bytes_, disk_};
  AccountEvents& events_;
  base::Logger log_;
  std::map<model::AccountId, std::shared_ptr<XmppAccount>> accounts_;
  std::map<model::AccountId, std::shared_ptr<ComponentAccount>> components_;
  std::map<model::AccountId, ports::KnownRoster> known_;  // of those that are about to come up
  // They say their goodbye; by a number.
  std::map<uint64_t, std::shared_ptr<void>> leaving_;
  uint64_t last_leaving_ = 0;
  std::vector<uint64_t> gone_;  // of leaving_
  bool in_use_ = true;
  bool ending_ = false;
  std::unique_ptr<net::AddressWatch> watch_;
  bool watch_settled_ = false;
  ports::TimerHandle sweep_;
};

}  // namespace commd::xmpp
