// A network without a socket: what is asked of it waits until the test answers, and time
// stands still until the test lets it pass.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/ports/clock.h"
#include "daemon/ports/timers.h"
#include "daemon/xmpp/network.h"

namespace commd::xmpp::test {

class StillClock final : public ports::Clock {
 public:
  base::MonoTime mono_now() const override { return mono; }
  base::WallTime wall_now() const override { return wall; }
  base::MonoTime mono{std::chrono::seconds(1000)};
  base::WallTime wall{std::chrono::seconds(1'700'000'000)};
};

class StillTimers final : public ports::Timers {
 public:
  explicit StillTimers(StillClock& clock) : clock_(clock) {}
  ports::TimerHandle after(base::Duration delay, std::function<void()> callback) override {
    auto entry = std::make_shared<Entry>(
        Entry{clock_.mono + std::max(delay, base::Duration{}), std::move(callback)});
    entries_.push_back(entry);
    return std::make_unique<Handle>(std::move(entry));
  }
  // The next one that is due until `end`; false: none.
  bool fire(base::MonoTime end) {
    std::erase_if(entries_, [](const auto& each) { return !each->callback; });
    const auto next =
        std::min_element(entries_.begin(), entries_.end(),
                         [](const auto& a, const auto& b) { return a->due < b->due; });
    if (next == entries_.end() || (*next)->due > end) return false;
    clock_.mono = std::max(clock_.mono, (*next)->due);
    const auto run = std::exchange((*next)->callback, nullptr);
    run();
    return true;
  }
  size_t running() const {
    return static_cast<size_t>(
        std::count_if(entries_.begin(), entries_.end(),
                      [](const auto& each) { return each->callback != nullptr; }));
  }

 private:
  struct Entry {
    base::MonoTime due;
    std::function<void()> callback;  // empty: cancelled or over
  };
  struct Handle final : ports::Timer {
    explicit Handle(std::shared_ptr<Entry> e) : entry(std::move(e)) {}
    ~Handle() override { entry->callback = nullptr; }
    std::shared_ptr<Entry> entry;
  };
  StillClock& clock_;
  std::vector<std::shared_ptr<Entry>> entries_;
};

// One end of a stream; the test is the other.
struct Wire {
  net::ByteStream::ReadDone read;
  net::ByteStream::WriteDone write;
  net::ByteStream::WriteDone end;
  std::string sent;    // by this end, not yet taken by the test
  bool open = true;    // this end has not dropped it
  bool ended = false;  // this end said so in order
  bool stuck = false;  // takes nothing more
};

class FakeStream final : public net::ByteStream {
 public:
  FakeStream(std::shared_ptr<Wire> wire, std::deque<std::function<void()>>& queue)
      : wire_(std::move(wire)), queue_(queue) {}
  ~FakeStream() override {
    wire_->open = false;
    wire_->read = nullptr;
    wire_->write = wire_->end = nullptr;
  }
  void read(ReadDone done) override {
    ASSERT_FALSE(wire_->read) << "one read at a time";
    wire_->read = std::move(done);
  }
  void write(std::string bytes, WriteDone done) override {
    ASSERT_FALSE(wire_->write) << "one write at a time";
    wire_->sent += bytes;
    wire_->write = std::move(done);
    if (!wire_->stuck)
      queue_.push_back([wire = wire_] {
        if (wire->write) std::exchange(wire->write, nullptr)({});
      });
  }
  void end(WriteDone done) override {
    wire_->ended = true;
    wire_->end = std::move(done);
    queue_.push_back([wire = wire_] {
      if (wire->end) std::exchange(wire->end, nullptr)({});
    });
  }

 private:
  std::shared_ptr<Wire> wire_;
  std::deque<std::function<void()>>& queue_;
};

class FakeNetwork final : public Network {
 public:
  // ---- what the test says
  std::vector<net::Target> places = {{"a.example.org", 5223, int(TlsMode::direct), {}}};
  std::string remote;  // where a connection leads to; empty: somewhere
  std::optional<base::Error> find_error;
  std::vector<bool> reachable;                         // by attempt to connect; true where not said
  std::vector<std::optional<base::Error>> tls_errors;  // by handshake
  // ---- what it sees
  std::vector<ServerQuery> queries;
  std::vector<std::vector<net::Target>> connects;
  std::vector<TlsWish> handshakes;
  IceServers ice_servers;  // asked for last
  int derived = 0;
  std::vector<std::shared_ptr<Wire>> wires;  // the last one is the newest
  std::deque<std::function<void()>> queue;

  void run() {
    while (!queue.empty()) {
      const auto next = std::move(queue.front());
      queue.pop_front();
      next();
    }
  }
  Wire& wire() { return *wires.back(); }

  net::OperationHandle find_ice_servers(IceServers servers,
                                        std::function<void(IceServers)> done) override {
    ice_servers = servers;
    return later([servers, done = std::move(done)] { done(servers); });
  }
  net::OperationHandle find(const ServerQuery& query, net::TargetsDone done) override {
    queries.push_back(query);
    return later([this, domain = query.domain, done = std::move(done)] {
      if (find_error) return done(base::fail(*find_error));
      net::FoundTargets found;
      found.targets = places;
      found.domain = domain;
      done(std::move(found));
    });
  }
  net::OperationHandle connect(std::vector<net::Target> targets, std::chrono::seconds,
                               ConnectDone done) override {
    connects.push_back(targets);
    const size_t number = connects.size() - 1;
    const bool ok = number >= reachable.size() || reachable[number];
    return later([this, ok, target = targets.front(), done = std::move(done)] {
      if (!ok)
        return done(base::fail(base::Code::unavailable, "CONNECTION_REFUSED", "nobody is there"));
      done(std::make_unique<FakeConnection>(*this, target));
    });
  }
  net::OperationHandle derive(DeriveKeys what, std::function<void(ScramKeys)> done) override {
    ++derived;
    return later([what = std::move(what), done = std::move(done)] {
      done(derive_scram_keys(what.challenge, what.password));
    });
  }

 private:
  struct FakeConnection final : Connection {
    FakeConnection(FakeNetwork& n, net::Target t) : network(n), place(std::move(t)) {}
    const net::Target& target() const override { return place; }
    size_t target_index() const override { return 0; }
    std::string remote() const override {
      return network.remote.empty() ? "192.0.2.1:" + std::to_string(place.port) : network.remote;
    }
    net::ByteStream& clear() override {
      if (!stream) stream = network.make_stream();
      return *stream;
    }
    std::unique_ptr<net::ByteStream> take_clear() override {
      static_cast<void>(clear());
      return std::move(stream);
    }
    void secure(const TlsWish& wish, SecureDone done) override {
      stream.reset();
      network.handshakes.push_back(wish);
      const size_t number = network.handshakes.size() - 1;
      pending = network.later([this, number, done = std::move(done)] {
        const auto& errors = network.tls_errors;
        if (number < errors.size() && errors[number]) return done(base::fail(*errors[number]));
        done(Secured{network.make_stream(), {}, "TLSv1.3"});
      });
    }
    FakeNetwork& network;
    net::Target place;
    std::unique_ptr<net::ByteStream> stream;
    net::OperationHandle pending;
  };
  struct Pending final : net::Operation {
    explicit Pending(std::shared_ptr<bool> a) : alive(std::move(a)) {}
    ~Pending() override { *alive = false; }
    std::shared_ptr<bool> alive;
  };
  net::OperationHandle later(std::function<void()> what) {
    auto alive = std::make_shared<bool>(true);
    queue.push_back([alive, what = std::move(what)] {
      if (std::exchange(*alive, false)) what();
    });
    return std::make_unique<Pending>(alive);
  }
  std::unique_ptr<net::ByteStream> make_stream() {
    wires.push_back(std::make_shared<Wire>());
    return std::make_unique<FakeStream>(wires.back(), queue);
  }
};

}  // namespace commd::xmpp::test
