// bench_strophe PORT FROM PASSWORD TO PASSWORD COUNT: the same messages by libstrophe's own
// connections, one that sends and one that counts, through a server on 127.0.0.1. Nothing is kept
// on disk and nobody watches: the floor. Prints one line of JSON: messages a second, and the
// processor time of both ends for each.
#include <strophe.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

using Clock = std::chrono::steady_clock;
constexpr int burst = 100;  // sent in one turn of the loop

struct End {
  xmpp_conn_t* connection = nullptr;
  bool up = false;
};

struct Run {
  xmpp_ctx_t* context = nullptr;
  End from, to;
  std::string address;
  int count = 0;
  int sent = 0;
  int got = 0;
  bool failed = false;
};

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

int on_message(xmpp_conn_t*, xmpp_stanza_t*, void* data) {
  ++static_cast<Run*>(data)->got;
  return 1;
}

void on_connection(xmpp_conn_t* connection, xmpp_conn_event_t event, int, xmpp_stream_error_t*,
                   void* data) {
  auto& run = *static_cast<Run*>(data);
  if (event != XMPP_CONN_CONNECT) {
    run.failed = true;
    return;
  }
  End& end = connection == run.from.connection ? run.from : run.to;
  end.up = true;
  xmpp_handler_add(connection, on_message, nullptr, "message", nullptr, &run);
  xmpp_stanza_t* presence = xmpp_presence_new(run.context);
  xmpp_send(connection, presence);
  xmpp_stanza_release(presence);
}

void open(Run& run, End& end, const char* jid, const char* password, unsigned short port) {
  end.connection = xmpp_conn_new(run.context);
  xmpp_conn_set_jid(end.connection, jid);
  xmpp_conn_set_pass(end.connection, password);
  xmpp_conn_set_flags(end.connection, XMPP_CONN_FLAG_TRUST_TLS);
  if (xmpp_connect_client(end.connection, "127.0.0.1", port, on_connection, &run) != XMPP_EOK)
    run.failed = true;
}

void send_some(Run& run) {
  for (int i = 0; i < burst && run.sent < run.count; ++i, ++run.sent) {
    const std::string id = "m" + std::to_string(run.sent);
    const std::string text = "many " + std::to_string(run.sent) + ": shall we have lunch at noon?";
    xmpp_stanza_t* message = xmpp_message_new(run.context, "chat", run.address.c_str(), id.c_str());
    xmpp_message_set_body(message, text.c_str());
    xmpp_send(run.from.connection, message);
    xmpp_stanza_release(message);
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 7) {
    std::fprintf(stderr, "bench_strophe PORT FROM PASSWORD TO PASSWORD COUNT\n");
    return 2;
  }
  xmpp_initialize();
  Run run;
  run.context = xmpp_ctx_new(nullptr, nullptr);
  run.address = arguments[4];
  run.count = std::atoi(arguments[6]);
  const auto port = static_cast<unsigned short>(std::atoi(arguments[1]));
  open(run, run.from, arguments[2], arguments[3], port);
  open(run, run.to, arguments[4], arguments[5], port);
  const auto until = Clock::now() + std::chrono::seconds(60);
  auto begin = Clock::now();
  double cpu = 0;
  while (!run.failed && run.got < run.count && Clock::now() < until) {
    if (run.from.up && run.to.up) {
      if (run.sent == 0) {
        begin = Clock::now();
        cpu = cpu_seconds();
      }
      send_some(run);
    }
    xmpp_run_once(run.context, 1);
  }
  if (run.failed || run.got < run.count) {
    std::fprintf(stderr, "%d of %d messages came\n", run.got, run.count);
    return 1;
  }
  const double elapsed = std::chrono::duration<double>(Clock::now() - begin).count();
  std::printf("{\"per_second\":%.1f,\"cpu_us_per_message\":%.2f}\n", run.count / elapsed,
              (cpu_seconds() - cpu) / run.count * 1e6);
  return 0;
}
