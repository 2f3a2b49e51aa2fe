// Commits without end and writes the number of each acknowledged batch to stdout,
// until it is killed. Argument: the state folder.
#include <unistd.h>

#include <cstdio>
#include <semaphore>
#include <string>

#include "daemon/base/log.h"
#include "daemon/store/sqlite_store.h"

namespace {

class SystemClock final : public commd::ports::Clock {
 public:
  commd::base::MonoTime mono_now() const override { return std::chrono::steady_clock::now(); }
  commd::base::WallTime wall_now() const override { return std::chrono::system_clock::now(); }
};

}  // namespace

int main(int argc, char** argv) {
  using namespace commd;
  if (argc != 2) return 2;
  const SystemClock clock;
  // Callbacks run on the store's thread, so that an acknowledgement is out as soon
  // as it can be.
  const auto post = [](const std::function<void()>& job) { job(); };
  store::SqliteStore store({argv[1], {.events = 300}}, clock, post, base::null_logger());
  const auto state = store.open();
  if (!state) {
    std::fprintf(stderr, "%s\n", state.error().message.c_str());
    return 1;
  }
  std::counting_semaphore<> room(100);
  for (uint64_t i = state->last_sequence + 1;; ++i) {
    room.acquire();
    model::Call call;
    call.id = model::CallId("call-" + std::to_string(i));
    const auto bytes = std::make_shared<const std::string>(i % 50 * 100, 'x');
    store.commit({ports::AppendEvent{i, bytes}, ports::PutFact{"last", std::to_string(i)},
                  ports::PutCall{call}},
                 [i, &room](const base::Result<void>& result) {
                   if (!result || ::write(STDOUT_FILENO, &i, sizeof i) != sizeof i) ::_exit(1);
                   room.release();
                 });
  }
}
