// Names that servers give: valid UTF-8 or nothing.
#include <cstdint>
#include <cstdlib>

#include "daemon/base/escape.h"
#include "daemon/http/content_disposition.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string name =
      commd::http::disposition_name({reinterpret_cast<const char*>(data), size});
  if (!commd::base::is_valid_utf8(name)) abort();
  return 0;
}
