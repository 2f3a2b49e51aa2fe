// commctl: what a person and a script say to the daemon.
#include <cstdlib>
#include <string>
#include <vector>

#include "clients/commctl/program.h"
#include "clients/commctl/terminal.h"

int main(int count, char** words) {
  commd::commctl::fill_standard_descriptors();
  commd::commctl::install_signal_handlers();
  // gRPC's own remarks are no talk of ours. Before any thread.
  ::setenv("GRPC_VERBOSITY", "NONE", 0);  // NOLINT(concurrency-mt-unsafe)
  return commd::commctl::run_program(std::vector<std::string>(words + 1, words + count));
}
