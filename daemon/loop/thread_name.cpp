#include "daemon/loop/thread_name.h"

#include <pthread.h>

namespace commd::loop {

void name_this_thread(const std::string& name) {
  constexpr size_t longest = 15;
  ::pthread_setname_np(::pthread_self(), name.substr(0, longest).c_str());
}

}  // namespace commd::loop
