#include "daemon/api/convert.h"
#include "daemon/base/escape.h"

namespace commd::api {
namespace {

v1::Check::Result result_of(model::CheckResult result) {
  switch (result) {
    case model::CheckResult::ok:
      return v1::Check::RESULT_OK;
    case model::CheckResult::warning:
      return v1::Check::RESULT_WARNING;
    case model::CheckResult::failed:
      return v1::Check::RESULT_FAILED;
    case model::CheckResult::skipped:
      return v1::Check::RESULT_SKIPPED;
  }
  return v1::Check::RESULT_UNSPECIFIED;
}

}  // namespace

void to_proto(const model::Check& check, v1::Check* out) {
  out->set_id(check.id);
  out->set_account(check.account.str());
  out->set_result(result_of(check.result));
  out->set_reason(check.reason);
  out->set_found(base::to_valid_utf8(check.found));
  out->set_remedy(base::to_valid_utf8(check.remedy));
  for (const std::string& each : check.addresses) out->add_addresses(base::to_valid_utf8(each));
  if (check.round_trip) set_duration(*check.round_trip, out->mutable_round_trip());
  for (const auto& [name, value] : check.facts)
    (*out->mutable_facts())[name] = base::to_valid_utf8(value);
}

}  // namespace commd::api
