#include "daemon/model/picture.h"

#include <algorithm>

namespace commd::model {

std::optional<PictureKind> picture_kind(std::string_view bytes) {
  if (bytes.starts_with("\x89PNG\r\n\x1a\n")) return PictureKind::png;
  if (bytes.starts_with("\xff\xd8\xff")) return PictureKind::jpeg;
  if (bytes.starts_with("GIF87a") || bytes.starts_with("GIF89a")) return PictureKind::gif;
  if (bytes.starts_with("RIFF") && bytes.size() >= 12 && bytes.substr(8, 4) == "WEBP")
    return PictureKind::webp;
  return std::nullopt;
}

const char* media_type(PictureKind kind) {
  switch (kind) {
    case PictureKind::png:
      return "image/png";
    case PictureKind::jpeg:
      return "image/jpeg";
    case PictureKind::webp:
      return "image/webp";
    case PictureKind::gif:
      return "image/gif";
  }
  return "";
}

const char* file_ending(PictureKind kind) {
  switch (kind) {
    case PictureKind::png:
      return "png";
    case PictureKind::jpeg:
      return "jpg";
    case PictureKind::webp:
      return "webp";
    case PictureKind::gif:
      return "gif";
  }
  return "";
}

bool is_picture_hash(std::string_view text) {
  return text.size() == 40 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace commd::model
