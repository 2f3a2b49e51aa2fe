#include "media/gst/sound_server.h"

#include <utility>

#include "daemon/base/escape.h"

namespace commd::gst {
namespace {

// A server with more is not believed.
constexpr size_t most_devices = 256;
// Between the appearance of a socket and the moment when it is listened to, and for a
// server that its service manager starts again.
constexpr unsigned attempts_on_sight = 5;
constexpr std::chrono::milliseconds attempt_interval{300};

std::string text(const char* value) { return value == nullptr ? "" : value; }

}  // namespace

// A list that is being collected.
struct SoundServer::Listing {
  std::string default_sink;
  std::string default_source;
  std::vector<model::Device> devices;
};

SoundServer::SoundServer(const loop::GlibLoop& loop, std::string address, Listener& listener,
                         base::Logger logger)
    : loop_(loop),
      address_(std::move(address)),
      listener_(listener),
      logger_(std::move(logger)),
      mainloop_(nullptr, nullptr) {}

SoundServer::~SoundServer() { disconnect(); }

void SoundServer::forget(pa_operation* operation) const {
  if (operation != nullptr) pulse_.operation_unref(operation);
}

void SoundServer::open() {
  if (std::exchange(opened_, true)) return;
  connect();
}

// The library is loaded for a server that may be there, not to find out that none is.
bool SoundServer::load() {
  if (mainloop_) return true;
  if (!may_have_server(address_)) {
    absent("there is no socket of one");
    return false;
  }
  auto library = PulseLibrary::load();
  if (!library) {
    absent(library.error().message);
    return false;
  }
  pulse_ = *library;
  mainloop_ = Mainloop(pulse_.glib_mainloop_new(loop_.context()), pulse_.glib_mainloop_free);
  return true;
}

void SoundServer::set_wanted(bool wanted) {
  wanted_ = wanted;
  if (!opened_ || present_ || context_ != nullptr) return;
  if (!wanted) {
    if (quick_attempts_ == 0) retry_.reset();
    return;
  }
  backoff_.reset();
  if (!undecided_ && !retry_) connect();
}

void SoundServer::connect() {
  retry_.reset();
  if (context_ != nullptr || !load()) return;
  context_ = pulse_.context_new(pulse_.glib_mainloop_get_api(mainloop_.get()), "commd");
  if (context_ == nullptr) return absent("out of memory");
  pulse_.context_set_state_callback(context_, &SoundServer::on_state, this);
  const char* address = address_.empty() ? nullptr : address_.c_str();
  if (pulse_.context_connect(context_, address, PA_CONTEXT_NOAUTOSPAWN, nullptr) < 0) {
    const std::string reason = pulse_.strerror(pulse_.context_errno(context_));
    disconnect();
    absent(reason);
  }
}

void SoundServer::disconnect() {
  listing_.reset();
  list_again_ = false;
  ended_.reset();
  pa_context* context = std::exchange(context_, nullptr);
  if (context == nullptr) return;
  pulse_.context_set_state_callback(context, nullptr, nullptr);
  pulse_.context_set_subscribe_callback(context, nullptr, nullptr);
  pulse_.context_disconnect(context);
  pulse_.context_unref(context);
}

void SoundServer::absent(const std::string& reason) {
  if (const auto path = server_socket(address_); path && !socket_) {
    socket_ = std::make_unique<SocketWatch>(loop_, *path, [this] { socket_appeared(); });
    // It may have come between the question and the watch.
    if (may_have_server(*path)) quick_attempts_ = attempts_on_sight;
  }
  const bool news = std::exchange(present_, false) || undecided_;
  if (news && !undecided_) quick_attempts_ = attempts_on_sight;
  undecided_ = false;
  if (news) {
    const std::string message =
        "no sound server answers (" + base::escape_line(reason) +
        "): calls go on without sound devices until PulseAudio or PipeWire runs";
    logger_->warn("event: sound_server_absent, reason: {}", base::escape_line(reason));
    listener_.devices_changed({});
    listener_.server_changed(false, message);
  }
  retry_later();
}

void SoundServer::retry_later() {
  if (quick_attempts_ > 0) {
    --quick_attempts_;
    retry_ = loop_.after(attempt_interval, [this] { connect(); });
  } else if (wanted_) {
    retry_ = loop_.after(backoff_.next(), [this] { connect(); });
  }
}

void SoundServer::socket_appeared() {
  quick_attempts_ = attempts_on_sight;
  if (context_ == nullptr) retry_later();
}

void SoundServer::ready() {
  pulse_.context_set_subscribe_callback(
      context_,
      [](pa_context* context, pa_subscription_event_type_t type, uint32_t index, void* self) {
        on_change(context, type, index, self);
      },
      this);
  const auto interests = static_cast<pa_subscription_mask_t>(
      PA_SUBSCRIPTION_MASK_SINK | PA_SUBSCRIPTION_MASK_SOURCE | PA_SUBSCRIPTION_MASK_SERVER);
  forget(pulse_.context_subscribe(context_, interests, nullptr, nullptr));
  socket_.reset();
  quick_attempts_ = 0;
  backoff_.reset();
  undecided_ = false;
  present_ = true;
  logger_->info("event: sound_server_present, server: {}",
                base::escape_line(text(pulse_.context_get_server(context_))));
  list();
  listener_.server_changed(true, "the sound server is there");
}

// Three questions one after another; a change meanwhile starts them once more.
void SoundServer::list() {
  list_again_ = listing_ != nullptr;
  if (list_again_) return;
  listing_ = std::make_unique<Listing>();
  forget(pulse_.context_get_server_info(context_, &SoundServer::on_server, this));
}

void SoundServer::listed(std::vector<model::Device> devices) {
  const bool again = std::exchange(list_again_, false);
  listener_.devices_changed(devices);
  if (again) list();
}

void SoundServer::on_state(pa_context* context, void* data) noexcept {
  auto& self = *static_cast<SoundServer*>(data);
  const pa_context_state_t state = self.pulse_.context_get_state(context);
  if (state == PA_CONTEXT_READY) return self.ready();
  if (PA_CONTEXT_IS_GOOD(state)) return;
  const std::string reason = self.pulse_.strerror(self.pulse_.context_errno(context));
  self.ended_ = self.loop_.after(std::chrono::milliseconds(0), [&self, reason] {
    self.disconnect();
    self.absent(reason);
  });
}

void SoundServer::on_change(pa_context*, int, unsigned, void* self) noexcept {
  static_cast<SoundServer*>(self)->list();
}

void SoundServer::on_server(pa_context*, const pa_server_info* info, void* data) noexcept {
  auto& self = *static_cast<SoundServer*>(data);
  if (!self.listing_) return;
  if (info != nullptr) {
    self.listing_->default_sink = text(info->default_sink_name);
    self.listing_->default_source = text(info->default_source_name);
  }
  self.forget(self.pulse_.context_get_sink_info_list(self.context_, &SoundServer::on_sink, &self));
}

void SoundServer::on_sink(pa_context*, const pa_sink_info* info, int end, void* data) noexcept {
  auto& self = *static_cast<SoundServer*>(data);
  if (!self.listing_) return;
  if (end != 0) {
    self.forget(
        self.pulse_.context_get_source_info_list(self.context_, &SoundServer::on_source, &self));
    return;
  }
  auto& devices = self.listing_->devices;
  if (devices.size() >= most_devices) return;
  const std::string id = text(info->name);
  devices.push_back({id, text(info->description), model::Device::Kind::playback,
                     id == self.listing_->default_sink, false});
}

void SoundServer::on_source(pa_context*, const pa_source_info* info, int end, void* data) noexcept {
  auto& self = *static_cast<SoundServer*>(data);
  if (!self.listing_) return;
  if (end != 0) {
    const auto listing = std::exchange(self.listing_, nullptr);
    self.listed(std::move(listing->devices));
    return;
  }
  auto& devices = self.listing_->devices;
  if (devices.size() >= most_devices) return;
  const std::string id = text(info->name);
  devices.push_back({id, text(info->description), model::Device::Kind::capture,
                     id == self.listing_->default_source,
                     info->monitor_of_sink != PA_INVALID_INDEX});
}

}  // namespace commd::gst
