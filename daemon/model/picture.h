// Pictures of people, as far as anything here looks into them: what kind they are is told by
// their first bytes, whatever somebody says of them. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace commd::model {

enum class PictureKind { png, jpeg, webp, gif };

// Nothing for what is none of them.
std::optional<PictureKind> picture_kind(std::string_view bytes);
const char* media_type(PictureKind kind);   // "image/png"
const char* file_ending(PictureKind kind);  // "png"

// 40 lower case hex digits: how XMPP names a picture (SHA-1).
bool is_picture_hash(std::string_view text);

// Larger ones of others are not fetched ...
inline constexpr size_t max_picture_bytes = 128 * 1024;
// ... and larger ones are not shown to others, as many would not fetch them.
inline constexpr size_t max_own_picture_bytes = 64 * 1024;

}  // namespace commd::model
