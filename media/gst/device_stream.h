// A device kept open as long as somebody wants it: opened again after 1 to 10 s when
// it fails, at once when the sound server or the device comes, never while there is
// no sound server. GLib thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "daemon/base/log.h"
#include "media/gst/backoff.h"
#include "media/gst/device_pipeline.h"

namespace commd::gst {

class DeviceStream {
 public:
  // Opens the device anew; no pipeline runs meanwhile.
  using Opened = base::Result<std::unique_ptr<DevicePipeline>>;
  using Open = std::function<Opened(Backend, DevicePipeline::Failed)>;

  // What keeps it from running, once the second attempt has failed too; empty when that
  // is over, at the latest by destruction. A server that goes is nobody's trouble here.
  using Trouble = std::function<void(const std::string& message)>;

  // `label` is for logs. `trouble` may be empty.
  DeviceStream(const loop::GlibLoop& loop, base::Logger logger, std::string label, Open open,
               Trouble trouble = {});
  ~DeviceStream() { end_trouble(); }
  DeviceStream(const DeviceStream&) = delete;
  DeviceStream& operator=(const DeviceStream&) = delete;

  // Where to open it; empty: nowhere for now. A running one stays if that is the same.
  void use(std::optional<Backend> backend);
  // The device may have come: no need to wait for the next attempt.
  void retry_now();
  bool running() const { return pipeline_ != nullptr; }
  // Why it is not running, or last was not; empty if it never failed.
  const std::string& last_error() const { return last_error_; }

 private:
  void attempt();
  void failed(const base::Error& error);
  void end_trouble();

  const loop::GlibLoop& loop_;
  base::Logger logger_;
  std::string label_;
  Open open_;
  Trouble trouble_;
  std::optional<Backend> backend_;
  Backoff backoff_;
  unsigned failures_ = 0;  // in a row; the first is logged
  bool in_trouble_ = false;
  std::string last_error_;
  loop::AttachedSource retry_;
  loop::AttachedSource settled_;  // it has run for a while
  std::unique_ptr<DevicePipeline> pipeline_;
};

}  // namespace commd::gst
