// What services answer: discovery, commands, registration (XEP-0030, 0050, 0077). The input is what
// follows a stream's header.
#include <cstddef>
#include <cstdint>
#include <set>
#include <string_view>

#include "daemon/base/escape.h"
#include "daemon/xmpp/service_stanza.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/stanzas.h"

using namespace commd;
using fuzz::require;

namespace {

void look_at_command(const xmpp::Element& answer, const xmpp::Jid& far_end) {
  ports::CommandRequest request;
  request.node = "order";
  for (const char* session : {"", "s1"}) {
    request.session = session;
    const auto step = xmpp::read_command(answer, request);
    if (!step) continue;
    require(step->notes.size() <= model::max_command_notes);
    for (const auto& note : step->notes) require(base::is_valid_utf8(note.text));
    if (step->status != model::CommandStatus::executing) continue;
    require(!step->session.empty());
    require(*session == '\0' || step->session == session);
    ports::CommandRequest next{{}, "order", step->session, step->default_action, step->form};
    static_cast<void>(xmpp::command_request(far_end, next).to_text());
  }
}

void look_at_registration(const xmpp::Element& answer, const xmpp::Jid& far_end) {
  const auto asked = xmpp::read_registration(answer);
  if (!asked) return;
  std::set<std::string> names;
  for (const auto& field : asked->registration.form.fields)
    require(field.name.empty() || names.insert(field.name).second);
  require(base::is_valid_utf8(asked->registration.url));
  static_cast<void>(xmpp::register_request(far_end, *asked).to_text());
}

void look_at(const xmpp::Element& answer) {
  static const xmpp::Jid far_end = *xmpp::Jid::parse("service.example.org");
  require(xmpp::read_items(answer).size() <= model::max_services);
  for (const auto& command : xmpp::read_commands(answer)) require(!command.node.empty());
  model::Service service;
  xmpp::read_info(answer, service);
  require(service.features.size() <= model::max_service_features);
  require(service.identities.size() <= model::max_service_identities);
  look_at_command(answer, far_end);
  look_at_registration(answer, far_end);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::for_each_stanza(data, size, look_at);
  return 0;
}
