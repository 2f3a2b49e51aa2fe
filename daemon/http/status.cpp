#include "daemon/http/status.h"

namespace commd::http {

bool is_redirect(unsigned status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

base::Error status_error(unsigned status, const Url& url) {
  using base::Code;
  const std::string who = url.authority();
  const std::string number = std::to_string(status);
  const auto error = [&](Code code, const char* reason, const std::string& words) {
    return base::Error{code, reason, who + " " + words + " (" + number + ")", {{"status", number}}};
  };
  if (status == 404 || status == 410)
    return error(Code::not_found, "HTTP_NOT_FOUND", "does not have the file, or not any more");
  if (status == 401 || status == 402 || status == 403 || status == 407)
    return error(Code::permission_denied, "HTTP_FORBIDDEN", "does not allow it");
  if (status == 413)
    return error(Code::resource_exhausted, "HTTP_TOO_LARGE", "does not take a file that large");
  if (status == 408 || status == 429 || status == 503)
    return error(Code::unavailable, "HTTP_BUSY", "is busy");
  const Code code = status >= 500 ? Code::unavailable : Code::aborted;
  return error(code, "HTTP_FAILED", "did not do it");
}

}  // namespace commd::http
