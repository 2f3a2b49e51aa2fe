// Addresses of accounts as people type them, and the resume tokens of clients.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "daemon/api/resume_token.h"
#include "daemon/core/account_rules.h"

using namespace commd;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto parts = core::parse_account_address(text)) {
    const auto again = core::parse_account_address(parts->uri);
    if (!again || again->uri != parts->uri || again->user != parts->user ||
        again->domain != parts->domain || again->protocol != parts->protocol)
      abort();
    if (parts->uri.find_first_of(" \r\n<>\"") != std::string::npos) abort();
  }
  if (const auto sequence = api::parse_resume_token(text, "log")) {
    const auto again = api::parse_resume_token(api::make_resume_token("log", *sequence), "log");
    if (!again || *again != *sequence) abort();
  }
  return 0;
}
