#include "daemon/api/convert.h"
#include "daemon/base/escape.h"

namespace commd::api {

void to_proto(const model::Person& in, v1::Person* out) {
  out->set_id(in.id.str());
  out->set_name(base::to_valid_utf8(in.name));
  for (const model::PersonAddress& each : in.addresses) {
    v1::Person::Address* address = out->add_addresses();
    address->set_address(base::to_valid_utf8(each.address));
    address->set_label(base::to_valid_utf8(each.label));
  }
  out->set_organization(base::to_valid_utf8(in.organization));
  out->set_note(base::to_valid_utf8(in.note));
  set_time(in.create_time, out->mutable_create_time());
  set_time(in.update_time, out->mutable_update_time());
}

void to_proto(const core::PersonView& in, v1::Person* out) {
  to_proto(in.person, out);
  for (const std::string& each : in.contacts) out->add_contacts(base::to_valid_utf8(each));
  if (in.presence) to_proto(*in.presence, out->mutable_presence());
}

void to_proto(const core::PersonBook::Suggestion& in, v1::MergeSuggestion* out) {
  for (const std::string& each : in.ids) out->add_ids(base::to_valid_utf8(each));
  for (const std::string& each : in.names) out->add_names(base::to_valid_utf8(each));
  out->set_reason(in.reason);
}

void to_proto(const core::PersonBook::Imported& in, v1::ImportPeopleResponse* out) {
  out->set_created(static_cast<int32_t>(in.created));
  out->set_updated(static_cast<int32_t>(in.updated));
  out->set_unchanged(static_cast<int32_t>(in.unchanged));
  for (const core::ImportProblem& each : in.problems) {
    v1::ImportPeopleResponse::Problem* problem = out->add_problems();
    problem->set_line(static_cast<int32_t>(each.line));
    problem->set_message(base::to_valid_utf8(each.message));
  }
}

}  // namespace commd::api
