// Names of threads, as `top -H`, gdb and the journal show them.
#pragma once

#include <string>

namespace commd::loop {

// Names the calling thread. The kernel keeps 15 bytes; more are cut off.
void name_this_thread(const std::string& name);

}  // namespace commd::loop
