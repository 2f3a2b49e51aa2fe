// Files with people's pictures, each named by its content. Core thread; callbacks come on the
// core thread, never from inside the call.
#pragma once

#include <functional>
#include <string>

#include "daemon/base/result.h"
#include "daemon/model/picture.h"

namespace commd::ports {

class Pictures {
 public:
  virtual ~Pictures() = default;
  // Its file; empty: there is none.
  virtual std::string find(const std::string& hash) const = 0;
  // Writes it; gives its file. `hash` is model::is_picture_hash().
  virtual void put(const std::string& hash, model::PictureKind kind, std::string bytes,
                   std::function<void(base::Result<std::string>)> done) = 0;
  // Nobody has it any more.
  virtual void remove(const std::string& hash) = 0;
};

}  // namespace commd::ports
