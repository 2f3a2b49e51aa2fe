// The model as the API's messages, and back. The only place that knows both.
// Pure; any thread.
#pragma once

#include <optional>
#include <string>

#include "commd/v1/account.pb.h"
#include "commd/v1/call.pb.h"
#include "commd/v1/contact.pb.h"
#include "commd/v1/device.pb.h"
#include "commd/v1/doctor.pb.h"
#include "commd/v1/event.pb.h"
#include "commd/v1/file.pb.h"
#include "commd/v1/message.pb.h"
#include "commd/v1/person.pb.h"
#include "commd/v1/presence.pb.h"
#include "daemon/api/convert_form.h"
#include "daemon/api/convert_room.h"
#include "daemon/base/result.h"
#include "daemon/core/call_book.h"
#include "daemon/core/person_book.h"
#include "daemon/model/account.h"
#include "daemon/model/call.h"
#include "daemon/model/check.h"
#include "daemon/model/contact.h"
#include "daemon/model/device.h"
#include "daemon/model/event.h"
#include "daemon/model/message.h"
#include "daemon/model/person.h"
#include "daemon/model/presence.h"
#include "daemon/model/transfer.h"

namespace commd::api {

v1::Account::Protocol protocol_of(model::Protocol protocol);
void to_proto(const model::Account& account, v1::Account* out);
void to_proto(const model::AccountSettings& settings, v1::AccountSettings* out);
void to_proto(const model::Call& call, v1::Call* out);
void to_proto(const core::CallStatsOf& stats, v1::CallStats* out);
void to_proto(const core::CallExplained& explained, v1::ExplainCallResponse* out);
void to_proto(const model::Device& device, v1::Device* out);
void to_proto(const model::Message& message, v1::Message* out);
void to_proto(const model::Conversation& conversation, v1::Conversation* out);
v1::Typing::State to_proto(model::Typing state);
void to_proto(const model::Contact& contact, v1::Contact* out);
void to_proto(const model::Presence& presence, v1::Presence* out);
void to_proto(const model::OwnPresence& presence, v1::OwnPresence* out);
void to_proto(const model::Person& person, v1::Person* out);
void to_proto(const core::PersonView& person, v1::Person* out);
void to_proto(const core::PersonBook::Suggestion& suggestion, v1::MergeSuggestion* out);
void to_proto(const core::PersonBook::Imported& imported, v1::ImportPeopleResponse* out);
void to_proto(const model::FileTransfer& transfer, v1::FileTransfer* out);
void to_proto(const model::Attachment& attachment, v1::Attachment* out);
void to_proto(const model::Check& check, v1::Check* out);
void to_proto(const model::Event& event, v1::Event* out);
std::optional<model::MessageDirection> direction_from(v1::Message::Direction in);

// What is absent or unspecified in `settings` is the default.
model::AccountSettings settings_from(const v1::AccountSettings& settings);
// INVALID_ARGUMENT for a setting that is an account's alone.
base::Result<core::CallOverrides> overrides_from(const v1::AccountSettings& settings);

// Nothing for STATE_UNSPECIFIED.
std::optional<model::Typing> typing_from(v1::Typing::State state);
// Its time is not taken; what is not said is available.
model::TransferRoute route_from(v1::FileTransfer::Route route);
model::Presence presence_from(const v1::Presence& presence);

// An empty text is "not said".
base::Result<std::optional<model::AudioSource>> source_from(const std::string& text);
base::Result<std::optional<model::AudioSink>> sink_from(const std::string& text);

void set_time(base::WallTime time, google::protobuf::Timestamp* out);
// What is beyond the years 1678 to 2261 is the last moment that can be told.
base::WallTime time_from(const google::protobuf::Timestamp& in);
void set_duration(base::Duration duration, google::protobuf::Duration* out);

}  // namespace commd::api
