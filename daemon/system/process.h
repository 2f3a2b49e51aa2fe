// The process itself: its limits, its protection, its cost.
#pragma once

#include <cstdint>

#include "daemon/base/result.h"
#include "daemon/base/time.h"

namespace commd::system {

// Keeps secrets in: no core file (RLIMIT_CORE 0), no ptrace and no /proc/PID/mem
// by other processes of the same user (PR_SET_DUMPABLE 0), new files for us alone
// (umask 0077). At start, before other threads.
base::Result<void> harden_process();

// Gives descriptors 0 to 2 to /dev/null where they were closed, so that no file or
// socket of ours gets such a number and what a library prints into it. First of all.
base::Result<void> fill_standard_descriptors();

// Raises the soft limit of open files to the hard one, 1,048,576 at most: each
// call has sockets. Returns what holds now; more is the administrator's to give.
uint64_t raise_file_limit();

struct ProcessFacts {
  uint64_t resident_bytes = 0;
  uint64_t threads = 0;
  base::Duration cpu_time{};    // user and system, all threads
  base::WallTime start_time{};  // to a hundredth of a second
};

// Reads /proc/self; what cannot be read is 0. Any thread; a few microseconds.
ProcessFacts process_facts();

// Gives memory that was freed back to the kernel: the allocator keeps what a crowd of
// clients once needed. Any thread; up to tens of milliseconds after a large crowd.
void give_back_memory();

}  // namespace commd::system
