#include "daemon/api/convert_service.h"

#include "daemon/api/convert_form.h"
#include "daemon/base/escape.h"

namespace commd::api {

void to_proto(const model::Service& in, v1::Service* out) {
  out->set_address(base::to_valid_utf8(in.address));
  out->set_name(base::to_valid_utf8(in.name));
  for (const std::string& each : in.identities) out->add_identities(base::to_valid_utf8(each));
  for (const std::string& each : in.features) out->add_features(base::to_valid_utf8(each));
  out->set_has_commands(in.has_commands);
  out->set_gateway(in.gateway);
  out->set_registered(in.registered);
}

void to_proto(const model::Command& in, v1::Command* out) {
  out->set_address(base::to_valid_utf8(in.address));
  out->set_node(base::to_valid_utf8(in.node));
  out->set_name(base::to_valid_utf8(in.name));
}

v1::CommandStep::Status to_proto(model::CommandStatus status) {
  switch (status) {
    case model::CommandStatus::executing:
      return v1::CommandStep::STATUS_EXECUTING;
    case model::CommandStatus::completed:
      return v1::CommandStep::STATUS_COMPLETED;
    case model::CommandStatus::canceled:
      return v1::CommandStep::STATUS_CANCELED;
  }
  return v1::CommandStep::STATUS_UNSPECIFIED;
}

v1::CommandStep::Action to_proto(model::CommandAction action) {
  switch (action) {
    case model::CommandAction::usual:
      return v1::CommandStep::ACTION_UNSPECIFIED;
    case model::CommandAction::next:
      return v1::CommandStep::ACTION_NEXT;
    case model::CommandAction::prev:
      return v1::CommandStep::ACTION_PREV;
    case model::CommandAction::complete:
      return v1::CommandStep::ACTION_COMPLETE;
    case model::CommandAction::cancel:
      return v1::CommandStep::ACTION_CANCEL;
  }
  return v1::CommandStep::ACTION_UNSPECIFIED;
}

v1::CommandStep::Note::Level to_proto(model::NoteLevel level) {
  switch (level) {
    case model::NoteLevel::info:
      return v1::CommandStep::Note::LEVEL_INFO;
    case model::NoteLevel::warn:
      return v1::CommandStep::Note::LEVEL_WARN;
    case model::NoteLevel::error:
      return v1::CommandStep::Note::LEVEL_ERROR;
  }
  return v1::CommandStep::Note::LEVEL_UNSPECIFIED;
}

model::CommandAction action_from(v1::CommandStep::Action action) {
  using model::CommandAction;
  for (const CommandAction each :
       {CommandAction::next, CommandAction::prev, CommandAction::complete, CommandAction::cancel})
    if (to_proto(each) == action) return each;
  return CommandAction::usual;
}

void to_proto(const model::CommandStep& in, v1::CommandStep* out) {
  out->set_session(in.session);
  out->set_status(to_proto(in.status));
  if (in.form) to_proto(*in.form, out->mutable_form());
  for (const model::CommandNote& each : in.notes) {
    v1::CommandStep::Note* note = out->add_notes();
    note->set_level(to_proto(each.level));
    note->set_text(base::to_valid_utf8(each.text));
  }
  for (const model::CommandAction each : in.actions) out->add_actions(to_proto(each));
  if (in.status == model::CommandStatus::executing)
    out->set_default_action(to_proto(in.default_action));
}

void to_proto(const model::Registration& in, v1::Registration* out) {
  out->set_registered(in.registered);
  to_proto(in.form, out->mutable_form());
  out->set_url(base::to_valid_utf8(in.url));
}

}  // namespace commd::api
