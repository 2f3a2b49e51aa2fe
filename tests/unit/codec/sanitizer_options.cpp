// GLib's table of quarks, made when the library is loaded, looks like a leak
// after it has grown. To name its maker the leak checker needs whole stacks.
extern "C" const char* __asan_default_options() { return "fast_unwind_on_malloc=0"; }
extern "C" const char* __lsan_default_suppressions() { return "leak:_dl_init\n"; }

// ThreadSanitizer does not see the locks of GLib's allocator, so that memory which one
// thread gives back and another is given looks shared. Races of ours are still found.
extern "C" const char* __tsan_default_suppressions() {
  return "called_from_lib:libglib-2.0.so\n"
         "called_from_lib:libgobject-2.0.so\n"
         "called_from_lib:libgstreamer-1.0.so\n"
         "called_from_lib:libgstbase-1.0.so\n"
         "called_from_lib:libgstaudio-1.0.so\n"
         "called_from_lib:libgstvideo-1.0.so\n"
         "called_from_lib:libgstlibav.so\n"
         "called_from_lib:libgstspeex.so\n"
         "called_from_lib:libgstgsm.so\n";
}
