#include "media/gst/app_elements.h"

namespace commd::gst::app {

void set_caps(GstElement* appsrc, GstCaps* caps) { g_object_set(appsrc, "caps", caps, nullptr); }

void push(GstElement* appsrc, GstBuffer* buffer) {
  GstFlowReturn flow = GST_FLOW_OK;
  g_signal_emit_by_name(appsrc, "push-buffer", buffer, &flow);
  gst_buffer_unref(buffer);  // the signal has taken a reference of its own
}

void end_stream(GstElement* appsrc) {
  GstFlowReturn flow = GST_FLOW_OK;
  g_signal_emit_by_name(appsrc, "end-of-stream", &flow);
}

uint64_t queued_bytes(GstElement* appsrc) {
  guint64 bytes = 0;
  g_object_get(appsrc, "current-level-bytes", &bytes, nullptr);
  return bytes;
}

void on_need_data(GstElement* appsrc, void (*wanted)(GstElement*, guint, gpointer), gpointer self) {
  g_signal_connect(appsrc, "need-data", G_CALLBACK(wanted), self);
}

GstSample* pull(GstElement* appsink) {
  GstSample* sample = nullptr;
  g_signal_emit_by_name(appsink, "pull-sample", &sample);
  return sample;
}

void on_sample(GstElement* appsink, GstFlowReturn (*come)(GstElement*, gpointer), gpointer self) {
  g_object_set(appsink, "emit-signals", TRUE, nullptr);
  g_signal_connect(appsink, "new-sample", G_CALLBACK(come), self);
}

}  // namespace commd::gst::app
