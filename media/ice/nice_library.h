// libnice's functions, loaded when the first agent is made; of this room alone. It
// stays loaded until the process ends, as its GObject types do. Immutable; any thread.
#pragma once

#include <nice/agent.h>

#include <memory>

#include "daemon/base/result.h"

namespace commd::ice {

// By their names without "nice_".
struct NiceLibrary {
  static base::Result<std::unique_ptr<const NiceLibrary>> load();

  decltype(&nice_agent_new_full) agent_new_full = nullptr;
  decltype(&nice_agent_add_local_address) agent_add_local_address = nullptr;
  decltype(&nice_agent_add_stream) agent_add_stream = nullptr;
  decltype(&nice_agent_attach_recv) agent_attach_recv = nullptr;
  decltype(&nice_agent_close_async) agent_close_async = nullptr;
  decltype(&nice_agent_gather_candidates) agent_gather_candidates = nullptr;
  decltype(&nice_agent_get_local_candidates) agent_get_local_candidates = nullptr;
  decltype(&nice_agent_get_remote_candidates) agent_get_remote_candidates = nullptr;
  decltype(&nice_agent_get_sockets) agent_get_sockets = nullptr;
  decltype(&nice_agent_peer_candidate_gathering_done) agent_peer_candidate_gathering_done = nullptr;
  decltype(&nice_agent_restart_stream) agent_restart_stream = nullptr;
  decltype(&nice_agent_send_messages_nonblocking) agent_send_messages_nonblocking = nullptr;
  decltype(&nice_agent_set_local_credentials) agent_set_local_credentials = nullptr;
  decltype(&nice_agent_set_port_range) agent_set_port_range = nullptr;
  decltype(&nice_agent_set_relay_info) agent_set_relay_info = nullptr;
  decltype(&nice_agent_set_remote_candidates) agent_set_remote_candidates = nullptr;
  decltype(&nice_agent_set_remote_credentials) agent_set_remote_credentials = nullptr;
  decltype(&nice_candidate_free) candidate_free = nullptr;
  decltype(&nice_candidate_new) candidate_new = nullptr;
};

}  // namespace commd::ice
