// What every request is checked for before the core sees it, by the message's own
// description: texts and lists have bounds, enums have known values, times are
// times. What a field means is the core's to judge.
//
// Pure; any thread.
#pragma once

#include <google/protobuf/message.h>

#include "daemon/base/result.h"

namespace commd::api {

// INVALID_ARGUMENT that names the first wrong field by its path, for example
// "account.settings.transport".
base::Result<void> check_request(const google::protobuf::Message& request);

// Bounds in bytes, and elements of a repeated field.
constexpr size_t max_request_id_bytes = 128;
constexpr size_t max_text_bytes = 1024;
// A file's path, or an audio endpoint with one in it.
constexpr size_t max_path_bytes = 4200;
// What a person writes to another one.
constexpr size_t max_message_bytes = 64 << 10;
// A file of a client's, in the request.
constexpr size_t max_bytes = 3 << 20;
constexpr size_t max_subject_bytes = 4096;
constexpr int max_elements = 64;
// An answer to a form, and how many fields it has, or values one of them.
constexpr size_t max_form_value_bytes = 64 << 10;
constexpr int max_form_elements = 1000;
// What is not text: a picture.
constexpr size_t max_data_bytes = 1 << 20;

}  // namespace commd::api
