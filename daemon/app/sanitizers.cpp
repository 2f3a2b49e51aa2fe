// What the sanitizers cannot see in the libraries of the distribution, which are built without
// them. Only in builds with a sanitizer; found by name when the program is linked. Environment
// variables (ASAN_OPTIONS ...) come after these.
//
// Address: GLib's table of quarks, made when the library is loaded, looks like a leak after it has
// grown, and to name its maker the leak checker needs whole stacks. Freed memory is kept aside for
// as long as it takes to find its users, but not so much that the limits of memory mean nothing.
//
// Thread: GLib locks by futexes of its own and gRPC by Abseil's mutexes, so whatever they hand from
// thread to thread looks like a race. What has none of them in its stack (the core, the workers,
// the rings of sound, posting between threads) is still judged.

extern "C" {
const char* __asan_default_options();       // NOLINT: the sanitizers' names
const char* __lsan_default_suppressions();  // NOLINT
const char* __tsan_default_suppressions();  // NOLINT

const char* __asan_default_options() {  // NOLINT
  return "fast_unwind_on_malloc=0:quarantine_size_mb=64";
}

const char* __lsan_default_suppressions() { return "leak:_dl_init\n"; }  // NOLINT

const char* __tsan_default_suppressions() {  // NOLINT
  return "race:libgrpc\nrace:libupb\nrace:libgpr\nrace:libabsl\nrace:grpc::\nrace:grpc_\n"
         "mutex:libgrpc\ndeadlock:libgrpc\n"
         "called_from_lib:libgrpc_unsecure.so\n"
         "called_from_lib:libgpr.so\n"
         "called_from_lib:libabsl_synchronization.so\n"
         "called_from_lib:libabsl_graphcycles_internal.so\n"
         "called_from_lib:libglib-2.0.so\n"
         "called_from_lib:libgobject-2.0.so\n"
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
}  // extern "C"
