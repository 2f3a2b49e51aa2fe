// Datagrams of the kernel's rtnetlink; the state they leave can be dumped anew.
#include <cstdint>

#include "daemon/net/netlink_state.h"

using namespace commd;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  net::NetlinkState state;
  state.begin_dump();
  (void)state.apply({data, size});
  (void)state.addresses();
  // The same again changes nothing unless it holds contradictions; then nothing is there.
  (void)state.apply({data, size});
  state.begin_dump();
  (void)state.end_dump();
  if (!state.addresses().empty()) __builtin_trap();
  return 0;
}
