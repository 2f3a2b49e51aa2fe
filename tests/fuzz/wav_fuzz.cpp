// WAV files of strangers, played to the end.
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>

#include "media/codec/wav.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace commd;
  base::UniqueFd fd(memfd_create("wav_fuzz", MFD_CLOEXEC));
  if (::pwrite(fd.get(), data, size, 0) != static_cast<ssize_t>(size)) return 0;
  auto reader = codec::WavReader::open(std::move(fd));
  if (!reader) return 0;
  std::array<int16_t, 333> out;
  size_t samples = 0;
  for (;;) {
    const auto got = reader->read(out);
    if (!got || *got == 0) break;
    samples += *got;
    if (samples > size) abort();
  }
  return 0;
}
