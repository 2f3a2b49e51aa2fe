// Forms of the model as the API's messages, and back. Pure; any thread.
#pragma once

#include "commd/v1/form.pb.h"
#include "daemon/model/form.h"

namespace commd::api {

v1::FormField::Type to_proto(model::FieldType type);
void to_proto(const model::DataForm& form, v1::DataForm* out);
// What a client answers: names and values alone, for model::fill_in().
model::DataForm answers_from(const v1::DataForm& form);

}  // namespace commd::api
