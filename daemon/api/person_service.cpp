#include "daemon/api/person_service.h"

#include "daemon/api/convert.h"
#include "daemon/core/csv_people.h"

namespace commd::api {
namespace {

core::PersonBook::Done person_to(v1::Person* response, Answer answer) {
  return reply_with<core::PersonView>(response, std::move(answer));
}

model::Person person_from(const v1::Person& in) {
  model::Person person;
  person.id = model::PersonId(in.id());
  person.name = in.name();
  person.organization = in.organization();
  person.note = in.note();
  for (const v1::Person::Address& each : in.addresses())
    person.addresses.push_back({each.address(), each.label()});
  return person;
}

// A table is a table, whatever it says; a card begins as one.
bool is_vcard(const v1::ImportPeopleRequest& request) {
  if (request.format() == v1::ImportPeopleRequest::FORMAT_VCARD) return true;
  if (request.format() == v1::ImportPeopleRequest::FORMAT_CSV) return false;
  std::string_view text = request.content();
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  return model::folded(text.substr(0, 11)) == "begin:vcard";
}

base::Result<core::ImportedPeople> people_from(const v1::ImportPeopleRequest& request) {
  const std::string& text = request.content();
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    return base::fail(base::invalid_argument(
        "content", "this is UTF-16; save it as UTF-8, or convert it: iconv -f UTF-16 -t UTF-8"));
  auto people = is_vcard(request) ? core::read_vcards(text) : core::read_csv_people(text);
  if (people && people->people.empty() && people->problems.empty())
    return base::fail(base::invalid_argument("content",
                                             "nobody is in it: expected vCards, or a table (CSV) "
                                             "with a first line of headings"));
  return people;
}

}  // namespace

using Reactor = grpc::ServerUnaryReactor;

Reactor* PersonService::ListPeople(Context* context, const v1::ListPeopleRequest* request,
                                   v1::ListPeopleResponse* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    if (request->page_size() < 0 || request->page_size() > 1000)
      return answer(to_status(base::invalid_argument("page_size", "page_size is 1 to 1000")));
    const size_t limit =
        request->page_size() == 0 ? 100 : static_cast<size_t>(request->page_size());
    const auto people = core.people().list(request->query(), request->page_token(), limit);
    for (const core::PersonView& each : people) to_proto(each, response->add_people());
    if (people.size() == limit) response->set_next_page_token(people.back().person.id.str());
    answer(grpc::Status::OK);
  });
}

Reactor* PersonService::GetPerson(Context* context, const v1::GetPersonRequest* request,
                                  v1::Person* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    person_to(response, std::move(answer))(core.people().find(request->id()));
  });
}

Reactor* PersonService::CreatePerson(Context* context, const v1::CreatePersonRequest* request,
                                     v1::Person* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.people().create(person_from(request->person()), request->request_id(),
                         person_to(response, std::move(answer)));
  });
}

Reactor* PersonService::UpdatePerson(Context* context, const v1::UpdatePersonRequest* request,
                                     v1::Person* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.people().update(person_from(request->person()), person_to(response, std::move(answer)));
  });
}

Reactor* PersonService::DeletePerson(Context* context, const v1::DeletePersonRequest* request,
                                     google::protobuf::Empty*) {
  return core_.unary(context, request, [request](core::Core& core, Answer answer) {
    core.people().erase(request->id(), [answer](const base::Result<void>& done) {
      answer(done ? grpc::Status::OK : to_status(done.error()));
    });
  });
}

Reactor* PersonService::MergePeople(Context* context, const v1::MergePeopleRequest* request,
                                    v1::Person* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.people().merge({request->ids().begin(), request->ids().end()},
                        person_to(response, std::move(answer)));
  });
}

Reactor* PersonService::SplitPerson(Context* context, const v1::SplitPersonRequest* request,
                                    v1::Person* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.people().split(request->id(), request->address(), person_to(response, std::move(answer)));
  });
}

Reactor* PersonService::SuggestMerges(Context* context, const v1::SuggestMergesRequest* request,
                                      v1::SuggestMergesResponse* response) {
  return core_.unary(context, request, [response](core::Core& core, Answer answer) {
    for (const core::PersonBook::Suggestion& each : core.people().suggestions())
      to_proto(each, response->add_suggestions());
    answer(grpc::Status::OK);
  });
}

Reactor* PersonService::ImportPeople(Context* context, const v1::ImportPeopleRequest* request,
                                     v1::ImportPeopleResponse* response) {
  return core_.unary(
      context, request, [request] { return people_from(*request); },
      [request, response](core::Core& core, core::ImportedPeople& people, Answer answer) {
        core.people().import(std::move(people), request->dry_run(),
                             reply_with<core::PersonBook::Imported>(response, std::move(answer)));
      });
}

}  // namespace commd::api
