#include "tests/unit/sip/endpoint_fixture.h"

#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>

#include <ctime>
#include <utility>

// The port sofia's resolver asks; the library has it for its own tests.
extern "C" uint16_t _sres_default_port;

namespace commd::sip::test {

EndpointFixture::EndpointFixture() : thread_(base::null_logger()) {}

EndpointFixture::~EndpointFixture() {
  std::promise<void> all_down;
  size_t left = 0;
  run([&] {
    for (auto& [handle, done] : waiting_) nua_handle_destroy(handle);
    waiting_.clear();
    left = endpoints_.size();
    if (left == 0) all_down.set_value();
    for (auto& endpoint : endpoints_) {
      endpoint->shut_down([&] {
        if (--left == 0) all_down.set_value();
      });
    }
  });
  all_down.get_future().wait_for(kDeadline);
  run([&] { endpoints_.clear(); });
}

std::chrono::nanoseconds EndpointFixture::work() {
  timespec used{};
  run([&] { clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used); });
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

void EndpointFixture::run(const std::function<void()>& function) {
  std::promise<void> done;
  thread_.post([&] {
    function();
    done.set_value();
  });
  done.get_future().wait();
}

base::Result<SipEndpoint*> EndpointFixture::make(EndpointOptions options) {
  options.resolv_conf = resolv_conf_;
  base::Result<SipEndpoint*> result = nullptr;
  run([&] {
    auto made = SipEndpoint::create(thread_, std::move(options), *this);
    if (!made) {
      result = base::fail(made.error());
      return;
    }
    result = made->get();
    endpoints_.push_back(std::move(*made));
  });
  return result;
}

void EndpointFixture::use_dns(uint16_t port, std::string resolv_conf) {
  _sres_default_port = port;
  resolv_conf_ = std::move(resolv_conf);
}

nua_handle_t* EndpointFixture::begin(SipEndpoint& endpoint, const std::string& url,
                                     const std::string& authorization) {
  nua_handle_t* handle = nua_handle(endpoint.nua(), nullptr, NUTAG_URL(url.c_str()),
                                    SIPTAG_TO_STR("<sip:somebody@called.test>"),
                                    SIPTAG_FROM_STR("<sip:test@caller.test>"), TAG_END());
  nua_options(handle,
              TAG_IF(!authorization.empty(), SIPTAG_AUTHORIZATION_STR(authorization.c_str())),
              TAG_END());
  return handle;
}

EndpointFixture::Answer EndpointFixture::options(SipEndpoint& endpoint, const std::string& url,
                                                 const std::string& authorization) {
  auto status = std::make_shared<std::promise<int>>();
  run([&] {
    waiting_[begin(endpoint, url, authorization)] = [status](int code) { status->set_value(code); };
  });
  auto future = status->get_future();
  if (future.wait_for(kDeadline) != std::future_status::ready) return {};
  return {future.get()};
}

void EndpointFixture::send_options(SipEndpoint& endpoint, const std::string& url) {
  run([&] { waiting_[begin(endpoint, url, {})] = [](int) {}; });
}

void EndpointFixture::keep_requests(bool keep) {
  run([&] {
    keeping_ = keep;
    if (keep) return;
    for (const auto& each : kept_) {
      nua_respond(each->handle, SIP_200_OK, NUTAG_WITH_SAVED(each->event), TAG_END());
      nua_destroy_event(each->event);
    }
    kept_.clear();
  });
}

std::vector<EndpointFixture::Asked> EndpointFixture::asked() {
  const std::lock_guard lock(mutex_);
  return asked_;
}

bool EndpointFixture::wait_for_asked(size_t count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kDeadline, [&] { return asked_.size() >= count; });
}

bool EndpointFixture::wait_for_answers(size_t count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kDeadline, [&] { return answers_ >= count; });
}

std::optional<TlsFailure> EndpointFixture::failure(SipEndpoint& endpoint, const std::string& name,
                                                   uint16_t port) {
  std::optional<TlsFailure> found;
  run([&] { found = endpoint.tls()->failure(name, port); });
  return found;
}

void EndpointFixture::on_sip_event(SipEndpoint& endpoint, const SipEvent& event) {
  if (event.event == nua_r_options && event.status >= 200) {
    const auto entry = waiting_.find(event.handle);
    if (entry == waiting_.end()) return;
    const auto done = std::move(entry->second);
    waiting_.erase(entry);
    nua_handle_destroy(event.handle);
    done(event.status);
    const std::lock_guard lock(mutex_);
    ++answers_;
    changed_.notify_all();
    return;
  }
  if (event.sip == nullptr || event.sip->sip_request == nullptr) return;
  {
    const std::lock_guard lock(mutex_);
    asked_.push_back({event.sip->sip_request->rq_method_name, endpoint.source()});
  }
  changed_.notify_all();
  if (event.status >= 200) return;
  if (event.event == nua_i_options && keeping_) {
    auto kept = std::make_unique<KeptRequest>();
    kept->handle = event.handle;
    nua_save_event(endpoint.nua(), kept->event);
    kept_.push_back(std::move(kept));
  } else if (event.event == nua_i_options) {
    nua_respond(event.handle, SIP_200_OK, NUTAG_WITH_THIS(endpoint.nua()), TAG_END());
  } else {
    nua_respond(event.handle, SIP_501_NOT_IMPLEMENTED, NUTAG_WITH_THIS(endpoint.nua()), TAG_END());
  }
}

}  // namespace commd::sip::test
