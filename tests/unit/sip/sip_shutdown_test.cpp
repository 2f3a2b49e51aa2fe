#include "daemon/sip/sip_shutdown.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_tag.h>
#include <sys/socket.h>

#include <future>

#include "daemon/base/unique_fd.h"
#include "tests/unit/sip/endpoint_fixture.h"

namespace commd::sip::test {
namespace {

using namespace std::chrono_literals;

class Quiet : public EndpointEvents {
  void on_sip_event(SipEndpoint&, const SipEvent&) override {}
};

// A registrar that hears and never answers.
class MuteServer {
 public:
  MuteServer() : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), length);
    getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &length);
    url_ = "sip:127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    const timeval patience{10, 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  const std::string& url() const { return url_; }
  bool hears_something() {
    char byte = 0;
    return recv(fd_.get(), &byte, 1, 0) > 0;
  }

 private:
  base::UniqueFd fd_;
  std::string url_;
};

class SipShutdownTest : public testing::Test {
 protected:
  // On the SIP thread: an endpoint with a registration nobody answers.
  void begin(const MuteServer& server) {
    run([&] {
      auto made = SipEndpoint::create(thread_, {}, events_);
      ASSERT_TRUE(made);
      endpoint_ = std::move(*made);
      handle_ = nua_handle(endpoint_->nua(), nullptr, SIPTAG_TO_STR("<sip:u@a.test>"),
                           SIPTAG_FROM_STR("<sip:u@a.test>"), NUTAG_REGISTRAR(server.url().c_str()),
                           TAG_END());
      nua_register(handle_, TAG_END());
    });
  }
  void run(const std::function<void()>& function) {
    std::promise<void> done;
    thread_.post([&] {
      function();
      done.set_value();
    });
    done.get_future().wait();
  }
  void drop() {
    nua_handle_destroy(handle_);
    handle_ = nullptr;
  }

  SipThread thread_{base::null_logger()};
  Quiet events_;
  std::unique_ptr<SipEndpoint> endpoint_;
  nua_handle_t* handle_ = nullptr;
};

TEST_F(SipShutdownTest, EndsAtOnceWhenGoodbyesAreSaid) {
  MuteServer server;
  begin(server);
  ASSERT_TRUE(server.hears_something());
  std::promise<void> done;
  std::shared_ptr<SipShutdown> shutdown;
  const auto start = std::chrono::steady_clock::now();
  run([&] {
    shutdown = SipShutdown::start(thread_, {endpoint_.get()},
                                  {[] {}, [this] { drop(); }, [&] { done.set_value(); }});
    shutdown->goodbyes_said();
    shutdown->goodbyes_said();
  });
  ASSERT_EQ(done.get_future().wait_for(kDeadline), std::future_status::ready);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 1s);
  run([&] { endpoint_.reset(); });
  EXPECT_EQ(shutdown.use_count(), 1);
}

TEST_F(SipShutdownTest, MuteServerCostsTheBudgetAndNoMore) {
  MuteServer server;
  begin(server);
  std::promise<void> done;
  bool asked = false;
  const auto start = std::chrono::steady_clock::now();
  run([&] {
    SipShutdown::start(thread_, {endpoint_.get()},
                       {[&] {
                          asked = true;
                          nua_unregister(handle_, TAG_END());
                        },
                        [this] { drop(); }, [&] { done.set_value(); }},
                       {.goodbyes = 50ms, .endpoints = 10 * kDeadline});
  });
  // The nua itself ended well, and at once: the time for it is longer than this wait.
  ASSERT_EQ(done.get_future().wait_for(kDeadline), std::future_status::ready);
  const auto took = std::chrono::steady_clock::now() - start;
  EXPECT_TRUE(asked);
  EXPECT_GE(took, 49ms);
  run([&] { endpoint_.reset(); });
}

TEST_F(SipShutdownTest, WithoutEndpointsItStillEnds) {
  std::promise<void> done;
  run([&] {
    SipShutdown::start(thread_, {}, {[] {}, [] {}, [&] { done.set_value(); }})->goodbyes_said();
  });
  EXPECT_EQ(done.get_future().wait_for(kDeadline), std::future_status::ready);
}

}  // namespace
}  // namespace commd::sip::test
