// ports::Pictures in a private folder: "da39a3ee....png", written whole or not at all.
//
// Core thread; files are written on a thread of its own.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "daemon/base/log.h"
#include "daemon/loop/pool.h"
#include "daemon/ports/pictures.h"

namespace commd::store {

class PictureFiles final : public ports::Pictures {
 public:
  // Looks what is there; blocks, at start only. `post` hands work to the core thread. The folder is
  // made with the first picture.
  PictureFiles(std::filesystem::path folder, std::function<void(std::function<void()>)> post,
               base::Logger log);

  std::string find(const std::string& hash) const override;
  void put(const std::string& hash, model::PictureKind kind, std::string bytes,
           std::function<void(base::Result<std::string>)> done) override;
  void remove(const std::string& hash) override;

 private:
  const std::filesystem::path folder_;
  const std::function<void(std::function<void()>)> post_;
  base::Logger log_;
  std::map<std::string, std::string> names_;  // by hash
  loop::Pool thread_{"pictures", 1};
};

}  // namespace commd::store
