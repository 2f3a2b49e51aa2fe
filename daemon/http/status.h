// What the status of a response means for a file (RFC 9110 section 15). Pure; any thread.
#pragma once

#include "daemon/base/error.h"
#include "daemon/http/url.h"

namespace commd::http {

bool is_redirect(unsigned status);

// Of one that is no success: HTTP_NOT_FOUND (not_found), HTTP_FORBIDDEN (permission_denied),
// HTTP_TOO_LARGE (resource_exhausted), HTTP_BUSY (unavailable), HTTP_FAILED (aborted; unavailable
// for 5xx), with `status` in the details.
base::Error status_error(unsigned status, const Url& url);

}  // namespace commd::http
