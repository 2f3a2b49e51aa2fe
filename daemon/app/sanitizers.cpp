// What AddressSanitizer needs to know of a whole daemon. Only in builds with a sanitizer; found by
// name when the program is linked. ASAN_OPTIONS in the environment come after it.
//
// GLib's table of quarks, made when the library is loaded, looks like a leak after it has grown,
// and to name its maker the leak checker needs whole stacks. Freed memory is kept aside for as long
// as it takes to find its users, but not so much that the limits of memory mean nothing.

extern "C" {
const char* __asan_default_options();       // NOLINT: the sanitizers' names
const char* __lsan_default_suppressions();  // NOLINT

const char* __asan_default_options() {  // NOLINT
  return "fast_unwind_on_malloc=0:quarantine_size_mb=64";
}

const char* __lsan_default_suppressions() { return "leak:_dl_init\n"; }  // NOLINT
}  // extern "C"
