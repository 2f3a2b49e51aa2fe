// appsrc and appsink, by their signals and properties. Their library would come with
// two more into every process, also where no device is ever opened (0.4 MB).
//
// Any thread that may use the element.
#pragma once

#include <gst/gst.h>

#include <cstdint>

namespace commd::gst::app {

void set_caps(GstElement* appsrc, GstCaps* caps);
// Takes the buffer.
void push(GstElement* appsrc, GstBuffer* buffer);
void end_stream(GstElement* appsrc);
uint64_t queued_bytes(GstElement* appsrc);
// Called when it wants more, on the streaming thread.
void on_need_data(GstElement* appsrc, void (*wanted)(GstElement*, guint, gpointer), gpointer self);

// The caller's; null at the end of the stream.
GstSample* pull(GstElement* appsink);
// Called for each sample, on the streaming thread.
void on_sample(GstElement* appsink, GstFlowReturn (*come)(GstElement*, gpointer), gpointer self);

}  // namespace commd::gst::app
