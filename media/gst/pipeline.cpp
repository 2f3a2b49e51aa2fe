#include "media/gst/pipeline.h"

namespace commd::gst {
namespace {

base::Error failure(const std::string& message) {
  return {base::Code::unavailable, "AUDIO_DEVICE_FAILED", message, {}};
}

}  // namespace

Pipeline::Pipeline(const loop::GlibLoop& loop, Callbacks callbacks)
    : loop_(loop),
      callbacks_(std::move(callbacks)),
      pipeline_(hold(gst_pipeline_new(nullptr))),
      bus_(gst_pipeline_get_bus(GST_PIPELINE(pipeline_.get()))) {}

Pipeline::~Pipeline() {
  watch_.reset();
  gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
  for (const Element& element : lent_) gst_bin_remove(GST_BIN(pipeline_.get()), element.get());
}

GstElement* Pipeline::append(GstElement* element) {
  if (gst_bin_add(GST_BIN(pipeline_.get()), element) == FALSE ||
      (last_ != nullptr && gst_element_link(last_, element) == FALSE)) {
    unfit_ = GST_OBJECT_NAME(element);
    return nullptr;
  }
  last_ = element;
  return element;
}

GstElement* Pipeline::add(const char* factory, const Properties& properties) {
  GstElement* element = gst_element_factory_make(factory, nullptr);
  if (element == nullptr) {
    unfit_ = std::string(factory) + ", which is not installed";
    return nullptr;
  }
  for (const auto& [name, value] : properties) {
    if (g_object_class_find_property(G_OBJECT_GET_CLASS(element), name) != nullptr)
      gst_util_set_object_arg(G_OBJECT(element), name, value.c_str());
  }
  return append(element);
}

GstElement* Pipeline::add(GstElement* element) {
  lent_.push_back(hold(element));
  return append(element);
}

void Pipeline::limit_to(const std::string& text) {
  GstElement* filter = add("capsfilter");
  if (filter == nullptr) return;
  const Caps caps(gst_caps_from_string(text.c_str()));
  g_object_set(filter, "caps", caps.get(), nullptr);
}

base::Result<void> Pipeline::start() {
  if (!unfit_.empty()) return base::fail(failure("GStreamer cannot use the element " + unfit_));
  if (gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) {
    const Message message(gst_bus_pop_filtered(bus_.get(), GST_MESSAGE_ERROR));
    return base::fail(message ? error_of(message.get()) : failure("the device cannot be opened"));
  }
  GSource* source = gst_bus_create_watch(bus_.get());
  g_source_set_callback(source, G_SOURCE_FUNC(&Pipeline::on_message), this, nullptr);
  watch_ = loop::AttachedSource(loop_.context(), source);
  return {};
}

bool Pipeline::wait_for_end(std::chrono::milliseconds limit) {
  watch_.reset();
  const auto wanted = static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  const Message message(gst_bus_timed_pop_filtered(
      bus_.get(), static_cast<GstClockTime>(limit.count()) * GST_MSECOND, wanted));
  return message && GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_EOS;
}

base::Error Pipeline::error_of(GstMessage* message) {
  GError* error = nullptr;
  gst_message_parse_error(message, &error, nullptr);
  auto result = failure(error != nullptr ? error->message : "unknown error");
  g_clear_error(&error);
  return result;
}

gboolean Pipeline::on_message(GstBus*, GstMessage* message, gpointer data) noexcept {
  auto& self = *static_cast<Pipeline*>(data);
  const bool failed = GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR;
  if (!failed && GST_MESSAGE_TYPE(message) != GST_MESSAGE_EOS) return G_SOURCE_CONTINUE;
  // The callback may destroy the pipeline.
  const Callbacks callbacks = std::exchange(self.callbacks_, {});
  if (failed && callbacks.failed) callbacks.failed(error_of(message));
  if (!failed && callbacks.ended) callbacks.ended();
  return G_SOURCE_REMOVE;
}

}  // namespace commd::gst
