// Where a file is to go that somebody asked for. Blocks: the thread of a pool.
#pragma once

#include <string>

namespace commd::disk {

struct Place {
  std::string folder;
  std::string name;  // empty: any
};

// Of a folder, there or ending with '/', or of a file to make.
Place place_of(const std::string& to);

}  // namespace commd::disk
