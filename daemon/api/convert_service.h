// Services, commands and registrations of the model as the API's messages. Pure; any thread.
#pragma once

#include <optional>

#include "commd/v1/discovery.pb.h"
#include "daemon/model/service.h"

namespace commd::api {

void to_proto(const model::Service& service, v1::Service* out);
void to_proto(const model::Command& command, v1::Command* out);
void to_proto(const model::CommandStep& step, v1::CommandStep* out);
void to_proto(const model::Registration& registration, v1::Registration* out);
v1::CommandStep::Status to_proto(model::CommandStatus status);
v1::CommandStep::Action to_proto(model::CommandAction action);
v1::CommandStep::Note::Level to_proto(model::NoteLevel level);
model::CommandAction action_from(v1::CommandStep::Action action);

}  // namespace commd::api
