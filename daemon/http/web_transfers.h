// ports::WebFiles: the door between the core thread and the thread of the web, which starts
// when it is first needed.
//
// Core thread, like the port says.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "daemon/base/log.h"
#include "daemon/ports/web_files.h"

namespace commd::http {

struct WebOptions {
  std::string resolv_conf;  // empty: the system's
};

class WebTransfers final : public ports::WebFiles {
 public:
  // `post` hands a function to the core thread; any thread may call it.
  WebTransfers(WebOptions options, std::function<void(std::function<void()>)> post,
               base::Logger log);
  // Cuts what is under way; parts stay.
  ~WebTransfers() override;

  // Who is told; before any other call.
  void attach(ports::WebFileEvents& events);

  void inspect(const std::string& path, bool with_hash,
               std::function<void(base::Result<ports::FileFacts>)> done) override;
  void download(ports::WebDownload what) override;
  void upload(ports::WebUpload what) override;
  void stop(const model::TransferId& id) override;
  void remove_part(const std::string& path) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace commd::http
