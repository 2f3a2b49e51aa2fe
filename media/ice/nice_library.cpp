#include "media/ice/nice_library.h"

#include "daemon/base/shared_library.h"

namespace commd::ice {

namespace {

constexpr const char* abi_name = "libnice.so.10";

bool find_all(base::SharedLibrary& library, NiceLibrary& nice) {
  return library.find("nice_agent_new_full", nice.agent_new_full) &&
         library.find("nice_agent_add_local_address", nice.agent_add_local_address) &&
         library.find("nice_agent_add_stream", nice.agent_add_stream) &&
         library.find("nice_agent_attach_recv", nice.agent_attach_recv) &&
         library.find("nice_agent_close_async", nice.agent_close_async) &&
         library.find("nice_agent_gather_candidates", nice.agent_gather_candidates) &&
         library.find("nice_agent_get_local_candidates", nice.agent_get_local_candidates) &&
         library.find("nice_agent_get_remote_candidates", nice.agent_get_remote_candidates) &&
         library.find("nice_agent_get_sockets", nice.agent_get_sockets) &&
         library.find("nice_agent_peer_candidate_gathering_done",
                      nice.agent_peer_candidate_gathering_done) &&
         library.find("nice_agent_restart_stream", nice.agent_restart_stream) &&
         library.find("nice_agent_send_messages_nonblocking",
                      nice.agent_send_messages_nonblocking) &&
         library.find("nice_agent_set_local_credentials", nice.agent_set_local_credentials) &&
         library.find("nice_agent_set_port_range", nice.agent_set_port_range) &&
         library.find("nice_agent_set_relay_info", nice.agent_set_relay_info) &&
         library.find("nice_agent_set_remote_candidates", nice.agent_set_remote_candidates) &&
         library.find("nice_agent_set_remote_credentials", nice.agent_set_remote_credentials) &&
         library.find("nice_candidate_free", nice.candidate_free) &&
         library.find("nice_candidate_new", nice.candidate_new);
}

}  // namespace

base::Result<std::unique_ptr<const NiceLibrary>> NiceLibrary::load() {
  base::SharedLibrary file(abi_name);
  auto nice = std::make_unique<NiceLibrary>();
  if (!file || !find_all(file, *nice)) {
    return base::fail(base::library_missing("ICE_LIBRARY_MISSING", "libnice10"));
  }
  return std::unique_ptr<const NiceLibrary>(std::move(nice));
}

}  // namespace commd::ice
