#include "daemon/xmpp/strophe_context.h"

#include <cstdlib>

namespace commd::xmpp {
namespace {

class Context {
 public:
  Context() : context_(xmpp_ctx_new(nullptr, &log_)) {
    if (context_ == nullptr) std::abort();  // out of memory
  }
  ~Context() { xmpp_ctx_free(context_); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  xmpp_ctx_t* get() const { return context_; }

 private:
  // The library renders its log lines before it asks for the level: it gets one that
  // drops them.
  xmpp_log_t log_{[](void*, xmpp_log_level_t, const char*, const char*) {}, nullptr};
  xmpp_ctx_t* context_;
};

}  // namespace

xmpp_ctx_t* strophe_context() {
  static thread_local const Context context;
  return context.get();
}

}  // namespace commd::xmpp
