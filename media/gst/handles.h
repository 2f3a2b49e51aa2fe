// Owners of GStreamer's reference-counted objects.
#pragma once

#include <gst/gst.h>

#include <memory>

namespace commd::gst {

struct ObjectUnref {
  void operator()(gpointer object) const noexcept { gst_object_unref(object); }
};
using Element = std::unique_ptr<GstElement, ObjectUnref>;
using Bus = std::unique_ptr<GstBus, ObjectUnref>;

struct CapsUnref {
  void operator()(GstCaps* caps) const noexcept { gst_caps_unref(caps); }
};
using Caps = std::unique_ptr<GstCaps, CapsUnref>;

struct MessageUnref {
  void operator()(GstMessage* message) const noexcept { gst_message_unref(message); }
};
using Message = std::unique_ptr<GstMessage, MessageUnref>;

// A new reference to something that is floating or borrowed.
inline Element hold(GstElement* element) {
  return Element(static_cast<GstElement*>(gst_object_ref_sink(element)));
}

}  // namespace commd::gst
