// Names of anybody: what comes out is one name in one folder, whatever went in, and stays the
// same when it goes in again.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "daemon/base/escape.h"
#include "daemon/disk/content_type.h"
#include "daemon/disk/safe_name.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace commd;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string name = disk::safe_file_name(text);
  if (name.empty() || name.size() > 180 || name[0] == '.' || name[0] == '-' || name[0] == ' ')
    abort();
  if (name.find_first_of("/\\") != name.npos || !base::is_valid_utf8(name)) abort();
  for (const char c : name)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) abort();
  if (disk::safe_file_name(name) != name) abort();
  disk::numbered_name(name, 2);
  disk::content_type_of(text);
  return 0;
}
