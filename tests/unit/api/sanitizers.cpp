// gRPC is built without ThreadSanitizer and locks with Abseil's own mutexes, which it
// does not see: whatever passes from one of gRPC's threads to another looks like a race.
// What has no gRPC in its stack (the core, its queues, posting between threads) is
// still judged. Found by name when the test is linked. A library that is not named in full
// (called_from_lib) costs minutes: each of its races is looked at before it is put aside.
#if defined(__SANITIZE_THREAD__)
extern "C" const char* __tsan_default_suppressions();   // NOLINT: the sanitizer's name
extern "C" const char* __tsan_default_suppressions() {  // NOLINT
  return "race:libgrpc\nrace:libupb\nrace:libgpr\nrace:libabsl\nrace:grpc::\nrace:grpc_\nmutex:"
         "libgrpc\n"
         "deadlock:libgrpc\ncalled_from_lib:libgrpc_unsecure.so\ncalled_from_lib:libgpr.so\n"
         "called_from_lib:libabsl_synchronization.so\ncalled_from_lib:libabsl_graphcycles_internal."
         "so\n";
}
#endif
