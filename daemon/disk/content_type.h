// What a file is, by the end of its name. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace commd::disk {

// "image/png"; "application/octet-stream" for what is not known.
std::string content_type_of(std::string_view file_name);

}  // namespace commd::disk
