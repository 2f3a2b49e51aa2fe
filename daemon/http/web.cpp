#include "daemon/http/web.h"

namespace commd::http {
namespace {

net::ResolverOptions resolver_options(const std::string& resolv_conf) {
  net::ResolverOptions options;
  if (!resolv_conf.empty()) options.resolv_conf = resolv_conf;
  return options;
}

}  // namespace

Web::Web(loop::CoreLoop& loop, loop::Pool& pool, const std::string& resolv_conf)
    : loop_(loop),
      pool_(pool),
      resolver_(loop.context(), resolver_options(resolv_conf)),
      trust_(loop.context(), pool) {}

}  // namespace commd::http
