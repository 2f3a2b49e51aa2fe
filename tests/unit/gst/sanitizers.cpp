// What ThreadSanitizer cannot see: GLib's locks are futexes of its own, and GStreamer,
// libpulse and the voice processing are not instrumented. Their hand-overs between
// threads (a pipeline that is stopped has joined its threads) look like races to it, and
// so does what they do among themselves. Races between our own threads are still found.
//
// LeakSanitizer: GStreamer's registry and types live until the process ends.

extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
  return "called_from_lib:libglib-2.0.so\n"
         "called_from_lib:libgobject-2.0.so\n"
         "called_from_lib:libgstreamer-1.0.so\n"
         "called_from_lib:libgstbase-1.0.so\n"
         "called_from_lib:libgstaudio-1.0.so\n"
         "called_from_lib:libgstapp-1.0.so\n"
         "called_from_lib:libgstcoreelements.so\n"
         "called_from_lib:libgstogg.so\n"
         "called_from_lib:libgstopus.so\n"
         "called_from_lib:libgstpulseaudio.so\n"
         "called_from_lib:libgsttag-1.0.so\n"
         "called_from_lib:libgstwebrtcdsp.so\n"
         "called_from_lib:libasound.so\n"
         "called_from_lib:libogg.so\n"
         "called_from_lib:libpulse.so\n"
         "called_from_lib:libwebrtc_audio_processing.so\n"
         "called_from_lib:libpulsecommon-16.1.so\n";
}

extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libgstreamer-1.0.so\n"
         "leak:libglib-2.0.so\n"
         "leak:libgobject-2.0.so\n";
}
