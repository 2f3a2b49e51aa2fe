#include "daemon/http/exchange.h"

#include <algorithm>

#include "daemon/loop/asio.h"
#include "daemon/net/domain_name.h"
#include "daemon/net/one_shot.h"
#include "daemon/net/tcp_stream.h"

namespace commd::http {
namespace {

using std::chrono::seconds;

constexpr seconds patience{30};
constexpr seconds pace_window{60};
constexpr uint64_t slowest_bytes = 16 * 1024;  // within each window
constexpr size_t piece_bytes = 64 * 1024;
constexpr size_t most_field_bytes = 8 * 1024;

bool is_token(std::string_view text) {
  static constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           others.find(c) != others.npos;
  });
}

}  // namespace

bool is_field(std::string_view name, std::string_view value) {
  return is_token(name) && value.size() <= most_field_bytes &&
         std::all_of(value.begin(), value.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F; });
}

struct Exchange::State : std::enable_shared_from_this<State> {
  State(Web& w, Request r, Handlers h)
      : web(w),
        request(std::move(r)),
        handlers(std::move(h)),
        reader(request.most_body),
        idle(w.context()),
        pace(w.context()) {}

  void begin();
  void secure(base::UniqueFd socket);
  void start(std::unique_ptr<net::ByteStream> up);
  std::string head_text() const;
  void write(std::string bytes);
  void write_body();
  void read();
  void came(base::Result<std::string_view> bytes);
  void give(std::string body);
  void finish(base::Result<void> result);
  void moved(size_t bytes);
  void wait();
  void watch_pace();

  Web& web;
  Request request;
  Handlers handlers;
  ResponseReader reader;
  net::OperationHandle pending;
  std::unique_ptr<net::ByteStream> stream;
  net::OneShot idle, pace;
  uint64_t written = 0;
  uint64_t in_window = 0;
  bool head_told = false;
  bool paused = false;  // waits for who takes the body, or gives it
  bool finished = false;
};

void Exchange::State::begin() {
  const net::Target target{request.url.host, request.url.port, 0, {}};
  net::ConnectOptions options;
  options.others_alone = request.others_alone;
  pending = net::connect_any(
      web.context(), web.resolver(), {target}, options,
      [this](base::Result<net::Connected> connected) {
        if (!connected) return finish(base::fail(connected.error()));
        if (request.url.secure) return secure(std::move(connected->socket));
        start(std::make_unique<net::TcpStream>(web.context(), std::move(connected->socket)));
      });
}

void Exchange::State::secure(base::UniqueFd socket) {
  auto held = std::make_shared<base::UniqueFd>(std::move(socket));
  pending = web.trust().get(
      request.ca_file, [this, held](base::Result<std::shared_ptr<const net::TlsTrust>> trust) {
        if (!trust) return finish(base::fail(trust.error()));
        net::TlsClientOptions options;
        options.reference = {request.url.host, {}, false};
        options.alpn = {"http/1.1"};
        pending =
            net::start_tls(web.context(), std::move(*held), std::move(*trust), std::move(options),
                           [this](base::Result<std::unique_ptr<net::TlsStream>> up) {
                             if (!up) return finish(base::fail(up.error()));
                             start(std::move(*up));
                           });
      });
}

std::string Exchange::State::head_text() const {
  std::string text = request.method + " " + request.url.target + " HTTP/1.1\r\n";
  const auto field = [&text](std::string_view name, std::string_view value) {
    if (is_field(name, value)) text.append(name).append(": ").append(value).append("\r\n");
  };
  field("Host", request.url.authority());
  field("User-Agent", "commd");
  field("Accept-Encoding", "identity");
  field("Connection", "close");
  if (request.method == "PUT") field("Content-Length", std::to_string(request.body_size));
  for (const auto& [name, value] : request.fields) field(name, value);
  return text + "\r\n";
}

void Exchange::State::start(std::unique_ptr<net::ByteStream> up) {
  stream = std::move(up);
  wait();
  watch_pace();
  write(head_text());
  read();
}

void Exchange::State::watch_pace() {
  pace.arm(pace_window, [this] {
    if (!paused && in_window < slowest_bytes)
      return finish(base::fail(base::Code::deadline_exceeded, "HTTP_TIMEOUT",
                               request.url.authority() + " is too slow"));
    in_window = 0;
    watch_pace();
  });
}

void Exchange::State::moved(size_t bytes) {
  in_window += bytes;
  wait();
}

void Exchange::State::wait() {
  idle.arm(patience, [this] {
    finish(base::fail(base::Code::deadline_exceeded, "HTTP_TIMEOUT",
                      request.url.authority() + " has said nothing for 30 s"));
  });
}

// ---- out -----------------------------------------------------------------------------

void Exchange::State::write(std::string bytes) {
  const size_t size = bytes.size();
  stream->write(std::move(bytes), [this, size](base::Result<void> done) {
    // A server that has heard enough may have said why.
    if (!done) return;
    moved(size);
    write_body();
  });
}

void Exchange::State::write_body() {
  const uint64_t left = request.body_size - written;
  if (left == 0) return;
  paused = true;
  handlers.source(static_cast<size_t>(std::min<uint64_t>(left, piece_bytes)),
                  [weak = weak_from_this()](base::Result<std::string> bytes) {
                    const auto self = weak.lock();
                    if (!self || self->finished) return;
                    self->paused = false;
                    if (!bytes) return self->finish(base::fail(bytes.error()));
                    self->written += bytes->size();
                    self->write(std::move(*bytes));
                  });
}

// ---- in ------------------------------------------------------------------------------

void Exchange::State::read() {
  stream->read([this](base::Result<std::string_view> bytes) { came(bytes); });
}

void Exchange::State::came(base::Result<std::string_view> bytes) {
  // The owner may end this from inside.
  const auto self = shared_from_this();
  if (!bytes && !reader.complete()) return finish(base::fail(bytes.error()));
  const bool ended = !bytes || bytes->empty();
  std::string body;
  if (ended) {
    if (const auto whole = reader.end(); !whole) return finish(base::fail(whole.error()));
  } else if (const auto taken = reader.take(*bytes, body); !taken) {
    return finish(base::fail(taken.error()));
  }
  if (const ResponseHead* head = reader.head(); head && !head_told) {
    head_told = true;
    if (!handlers.head(*head)) return finish({});
    if (finished) return;
  }
  // The head as a whole has its one time.
  if (!ended && head_told) moved(bytes->size());
  give(std::move(body));
}

void Exchange::State::give(std::string body) {
  if (body.empty()) return reader.complete() ? finish({}) : read();
  paused = true;
  idle.cancel();
  handlers.body(std::move(body), [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || self->finished) return;
    self->paused = false;
    self->moved(0);
    if (self->reader.complete()) return self->finish({});
    self->read();
  });
}

void Exchange::State::finish(base::Result<void> result) {
  if (std::exchange(finished, true)) return;
  const auto self = shared_from_this();
  idle.cancel();
  pace.cancel();
  // Not here: it may be the stream that calls.
  web.loop().post([self, result = std::move(result)] {
    self->stream.reset();
    self->pending.reset();
    if (self->handlers.done) {
      const auto done = std::exchange(self->handlers.done, nullptr);
      done(result);
    }
  });
}

Exchange::Exchange(Web& web, Request request, Handlers handlers)
    : state_(std::make_shared<State>(web, std::move(request), std::move(handlers))) {
  state_->begin();
}

Exchange::~Exchange() {
  state_->finished = true;
  state_->handlers.done = nullptr;
  state_->idle.cancel();
  state_->pace.cancel();
  state_->pending.reset();
  state_->stream.reset();
}

}  // namespace commd::http
