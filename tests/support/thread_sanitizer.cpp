// What ThreadSanitizer cannot see in the libraries of the distribution, which are built without
// it; part of every program in a build with it, found by name when the program is linked.
//
// GLib locks by futexes of its own, gRPC by Abseil's mutexes, protobuf makes its tables behind
// call_once, the loader grows a thread's storage when a library comes: whatever they hand from
// thread to thread looks like a race, and so does what GStreamer, libpulse and the voice processing
// do among themselves. What has none of them in its stack (the core, the workers, the rings of
// sound, posting between threads) is still judged.
//
// A library that is called from one of them is named in full (called_from_lib): else each of its
// races is looked at before it is put aside, which costs minutes.

// It keeps a list of the addresses it has told of, also of what was put aside, and looks through
// all of it each time: after some thousand, minutes. Stacks are compared all the same.
extern "C" const char* __tsan_default_options();  // NOLINT: the sanitizer's names
extern "C" const char* __tsan_default_options() { return "suppress_equal_addresses=0"; }  // NOLINT

extern "C" const char* __tsan_default_suppressions();   // NOLINT
extern "C" const char* __tsan_default_suppressions() {  // NOLINT
  return "race:libgrpc\nrace:libupb\nrace:libgpr\nrace:libabsl\nrace:grpc::\nrace:grpc_\n"
         "race:libprotobuf\n"
         "race:ld-linux-x86-64\n"
         "mutex:libgrpc\nmutex:libgstcoreelements\n"
         "deadlock:libgrpc\n"
         "called_from_lib:libgrpc_unsecure.so\n"
         "called_from_lib:libgpr.so\n"
         "called_from_lib:libgrpc++_unsecure.so\n"
         "called_from_lib:libabsl_synchronization.so\n"
         "called_from_lib:libabsl_cord.so\n"
         "called_from_lib:libabsl_cord_internal.so\n"
         "called_from_lib:libabsl_status.so\n"
         "called_from_lib:libabsl_statusor.so\n"
         "called_from_lib:libabsl_graphcycles_internal.so\n"
         "called_from_lib:libglib-2.0.so\n"
         "called_from_lib:libgobject-2.0.so\n"
         "called_from_lib:libgio-2.0.so\n"
         "called_from_lib:libsecret-1.so\n"
         "called_from_lib:libgstreamer-1.0.so\n"
         "called_from_lib:libgstbase-1.0.so\n"
         "called_from_lib:libgstaudio-1.0.so\n"
         "called_from_lib:libgstvideo-1.0.so\n"
         "called_from_lib:libgstapp-1.0.so\n"
         "called_from_lib:libgsttag-1.0.so\n"
         "called_from_lib:libgstcoreelements.so\n"
         "called_from_lib:libgstlibav.so\n"
         "called_from_lib:libgstogg.so\n"
         "called_from_lib:libgstopus.so\n"
         "called_from_lib:libgstpulseaudio.so\n"
         "called_from_lib:libgstspeex.so\n"
         "called_from_lib:libgstgsm.so\n"
         "called_from_lib:libgstwebrtcdsp.so\n"
         "called_from_lib:libasound.so\n"
         "called_from_lib:libogg.so\n"
         "called_from_lib:libpulse.so\n"
         "called_from_lib:libpulsecommon-16.1.so\n"
         "called_from_lib:libwebrtc_audio_processing.so\n";
}
