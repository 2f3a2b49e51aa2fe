#include "media/gst/device_stream.h"

#include "daemon/base/escape.h"

namespace commd::gst {
namespace {

// After this a failure is a new one.
constexpr std::chrono::milliseconds settled_after{5'000};

}  // namespace

DeviceStream::DeviceStream(const loop::GlibLoop& loop, base::Logger logger, std::string label,
                           Open open, Trouble trouble)
    : loop_(loop),
      logger_(std::move(logger)),
      label_(std::move(label)),
      open_(std::move(open)),
      trouble_(std::move(trouble)) {}

void DeviceStream::end_trouble() {
  if (std::exchange(in_trouble_, false)) trouble_({});
}

void DeviceStream::use(std::optional<Backend> backend) {
  if (backend == backend_ && (pipeline_ || retry_)) return;
  backend_ = backend;
  pipeline_.reset();
  retry_.reset();
  settled_.reset();
  backoff_.reset();
  failures_ = 0;
  end_trouble();
  if (backend_) attempt();
}

void DeviceStream::retry_now() {
  if (!backend_ || pipeline_) return;
  backoff_.reset();
  attempt();
}

void DeviceStream::attempt() {
  retry_.reset();
  auto opened = open_(*backend_, [this](const base::Error& error) { failed(error); });
  if (!opened) return failed(opened.error());
  pipeline_ = std::move(*opened);
  logger_->info("event: device_opened, device: {}", base::escape_line(label_));
  settled_ = loop_.after(settled_after, [this] {
    backoff_.reset();
    failures_ = 0;
    end_trouble();
  });
}

void DeviceStream::failed(const base::Error& error) {
  pipeline_.reset();
  settled_.reset();
  last_error_ = error.message;
  if (++failures_ == 2 && trouble_ && !std::exchange(in_trouble_, true)) trouble_(error.message);
  if (failures_ == 1) {
    logger_->warn("event: device_failed, device: {}, reason: {}", base::escape_line(label_),
                  base::escape_line(error.message));
  }
  retry_ = loop_.after(backoff_.next(), [this] { attempt(); });
}

}  // namespace commd::gst
