// GLib's table of quarks, made when the library is loaded, looks like a leak
// after it has grown. To name its maker the leak checker needs whole stacks.
extern "C" const char* __asan_default_options() { return "fast_unwind_on_malloc=0"; }
extern "C" const char* __lsan_default_suppressions() { return "leak:_dl_init\n"; }
