#include "media/codec/gst_chain.h"

#include <algorithm>

namespace commd::codec {

namespace {

GstChain& chain_of(GstPad* pad) {
  return *static_cast<GstChain*>(gst_pad_get_element_private(pad));
}

template <class T>
T* own(T* floating) {
  return static_cast<T*>(gst_object_ref_sink(floating));
}

}  // namespace

bool start_gstreamer() { return gst_init_check(nullptr, nullptr, nullptr) == TRUE; }

std::unique_ptr<GstChain> GstChain::make(std::span<const ChainElement> elements,
                                         const ChainFormat& format) {
  if (!start_gstreamer()) return nullptr;
  std::unique_ptr<GstChain> chain(new GstChain(format));
  for (const ChainElement& element : elements) {
    if (!chain->add(element)) return nullptr;
  }
  if (!chain->start()) return nullptr;
  return chain;
}

GstChain::GstChain(const ChainFormat& format)
    : input_caps_(gst_caps_from_string(format.input_caps.c_str())),
      output_caps_(gst_caps_from_string(format.output_caps.c_str())),
      bus_(gst_bus_new()),
      input_(own(gst_pad_new("input", GST_PAD_SRC))),
      output_(own(gst_pad_new("output", GST_PAD_SINK))) {
  gst_bus_set_sync_handler(bus_.get(), &GstChain::on_message, this, nullptr);
  for (GstPad* pad : {input_.get(), output_.get()}) {
    gst_pad_set_element_private(pad, this);
    gst_pad_set_query_function(pad, &GstChain::on_query);
  }
  gst_pad_set_event_function(input_.get(), &GstChain::on_input_event);
  gst_pad_set_event_function(output_.get(), &GstChain::on_output_event);
  gst_pad_set_chain_function(output_.get(), &GstChain::on_output);
}

GstChain::~GstChain() {
  for (const auto& element : elements_) gst_element_set_state(element.get(), GST_STATE_NULL);
  gst_pad_set_active(input_.get(), FALSE);
  gst_pad_set_active(output_.get(), FALSE);
  for (const auto& element : elements_) gst_element_set_bus(element.get(), nullptr);
  gst_bus_set_sync_handler(bus_.get(), nullptr, nullptr, nullptr);
}

bool GstChain::add(const ChainElement& wanted) {
  GstElement* made = gst_element_factory_make(wanted.factory, nullptr);
  if (made == nullptr) return false;
  Handle<GstElement> element(own(made));
  for (const auto& [name, value] : wanted.properties) {
    if (g_object_class_find_property(G_OBJECT_GET_CLASS(made), name) != nullptr) {
      gst_util_set_object_arg(G_OBJECT(made), name, value.c_str());
    }
  }
  gst_element_set_bus(made, bus_.get());
  if (!elements_.empty() && gst_element_link(elements_.back().get(), made) == FALSE) return false;
  elements_.push_back(std::move(element));
  return true;
}

bool GstChain::start() {
  if (elements_.empty() || !input_caps_ || !output_caps_) return false;
  const Handle<GstPad> first(gst_element_get_static_pad(elements_.front().get(), "sink"));
  const Handle<GstPad> last(gst_element_get_static_pad(elements_.back().get(), "src"));
  if (!first || !last) return false;
  if (gst_pad_link(input_.get(), first.get()) != GST_PAD_LINK_OK) return false;
  if (gst_pad_link(last.get(), output_.get()) != GST_PAD_LINK_OK) return false;
  gst_pad_set_active(output_.get(), TRUE);
  gst_pad_set_active(input_.get(), TRUE);
  for (auto element = elements_.rbegin(); element != elements_.rend(); ++element) {
    const auto change = gst_element_set_state(element->get(), GST_STATE_PLAYING);
    if (change != GST_STATE_CHANGE_SUCCESS) return false;
  }
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  return gst_pad_push_event(input_.get(), gst_event_new_stream_start("commd")) == TRUE &&
         gst_pad_push_event(input_.get(), gst_event_new_caps(input_caps_.get())) == TRUE &&
         gst_pad_push_event(input_.get(), gst_event_new_segment(&segment)) == TRUE && !failed_;
}

std::optional<size_t> GstChain::push(std::span<const uint8_t> input, std::chrono::nanoseconds at,
                                     std::chrono::nanoseconds duration, std::span<uint8_t> out) {
  if (failed_) return std::nullopt;
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, input.size(), nullptr);
  if (buffer == nullptr) return std::nullopt;
  gst_buffer_fill(buffer, 0, input.data(), input.size());
  GST_BUFFER_PTS(buffer) = static_cast<GstClockTime>(at.count());
  GST_BUFFER_DURATION(buffer) = static_cast<GstClockTime>(duration.count());
  out_ = out;
  collected_ = 0;
  if (gst_pad_push(input_.get(), buffer) != GST_FLOW_OK) failed_ = true;
  out_ = {};
  if (failed_) return std::nullopt;
  return collected_;
}

std::optional<size_t> GstChain::gap(std::chrono::nanoseconds at, std::chrono::nanoseconds duration,
                                    std::span<uint8_t> out) {
  if (failed_) return std::nullopt;
  out_ = out;
  collected_ = 0;
  // An element may refuse the event; only an error on the bus counts.
  gst_pad_push_event(input_.get(), gst_event_new_gap(static_cast<GstClockTime>(at.count()),
                                                     static_cast<GstClockTime>(duration.count())));
  out_ = {};
  if (failed_) return std::nullopt;
  return collected_;
}

void GstChain::collect(GstBuffer* buffer) {
  if (GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_HEADER)) return;
  const size_t wanted = std::min(gst_buffer_get_size(buffer), out_.size() - collected_);
  collected_ += gst_buffer_extract(buffer, 0, out_.data() + collected_, wanted);
}

GstFlowReturn GstChain::on_output(GstPad* pad, GstObject*, GstBuffer* buffer) noexcept {
  GstChain& chain = chain_of(pad);
  if (!chain.failed_) chain.collect(buffer);
  gst_buffer_unref(buffer);
  return chain.failed_ ? GST_FLOW_ERROR : GST_FLOW_OK;
}

gboolean GstChain::on_output_event(GstPad* pad, GstObject*, GstEvent* event) noexcept {
  GstChain& chain = chain_of(pad);
  if (GST_EVENT_TYPE(event) == GST_EVENT_CAPS) {
    GstCaps* caps = nullptr;
    gst_event_parse_caps(event, &caps);
    if (gst_caps_is_subset(caps, chain.output_caps_.get()) == FALSE) chain.failed_ = true;
  }
  gst_event_unref(event);
  return chain.failed_ ? FALSE : TRUE;
}

// Requests for quality of service or reconfiguration: there is nothing to change.
gboolean GstChain::on_input_event(GstPad*, GstObject*, GstEvent* event) noexcept {
  gst_event_unref(event);
  return TRUE;
}

// The elements agree on formats by asking the pads at both ends.
gboolean GstChain::on_query(GstPad* pad, GstObject*, GstQuery* query) noexcept {
  GstChain& chain = chain_of(pad);
  GstCaps* ours = pad == chain.input_.get() ? chain.input_caps_.get() : chain.output_caps_.get();
  if (GST_QUERY_TYPE(query) == GST_QUERY_CAPS) {
    GstCaps* filter = nullptr;
    gst_query_parse_caps(query, &filter);
    const Caps result(filter == nullptr
                          ? gst_caps_ref(ours)
                          : gst_caps_intersect_full(filter, ours, GST_CAPS_INTERSECT_FIRST));
    gst_query_set_caps_result(query, result.get());
    return TRUE;
  }
  if (GST_QUERY_TYPE(query) == GST_QUERY_ACCEPT_CAPS) {
    GstCaps* caps = nullptr;
    gst_query_parse_accept_caps(query, &caps);
    gst_query_set_accept_caps_result(query, gst_caps_is_subset(caps, ours));
    return TRUE;
  }
  return FALSE;
}

GstBusSyncReply GstChain::on_message(GstBus*, GstMessage* message, gpointer chain) noexcept {
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) static_cast<GstChain*>(chain)->failed_ = true;
  gst_message_unref(message);
  return GST_BUS_DROP;
}

}  // namespace commd::codec
