#include "daemon/xmpp/file_end.h"

#include "daemon/base/random.h"
#include "daemon/disk/place.h"
#include "daemon/disk/safe_name.h"

namespace commd::xmpp {

base::Error end_error(JingleReason reason, const std::string& text) {
  using base::Code;
  const std::string words = text.empty() ? to_string(reason) : text;
  switch (reason) {
    case JingleReason::decline:
    case JingleReason::busy:
      return {Code::aborted, "FILE_REJECTED", "the other person did not want it", {}};
    case JingleReason::cancel:
      return {Code::aborted, "FILE_CANCELLED", "the other person has stopped it", {}};
    case JingleReason::failed_transport:
    case JingleReason::connectivity_error:
    case JingleReason::unsupported_transports:
      return {Code::unavailable, "FILE_NO_WAY", "no way for the file was found: " + words, {}};
    case JingleReason::gone:
    case JingleReason::timeout:
    case JingleReason::expired:
      return {Code::unavailable, "CONNECTION_LOST", "the other end is gone: " + words, {}};
    case JingleReason::alternative_session:
    case JingleReason::failed_application:
    case JingleReason::general_error:
    case JingleReason::incompatible_parameters:
    case JingleReason::media_error:
    case JingleReason::security_error:
    case JingleReason::success:
    case JingleReason::unsupported_applications:
      return {Code::aborted, "FILE_REFUSED", "the other end has ended it: " + words, {}};
  }
  return {Code::aborted, "FILE_REFUSED", "the other end has ended it", {}};
}

base::Result<std::shared_ptr<disk::PartFile>> open_part(const ports::FilePlace& place,
                                                        const JingleFile& file) {
  const disk::Place where = disk::place_of(place.to);
  const std::string name = disk::safe_file_name(where.name.empty() ? file.name : where.name);
  if (!place.part.empty())
    if (auto part = disk::PartFile::open(place.part, name); part && part->size() <= file.size)
      return std::make_shared<disk::PartFile>(std::move(*part));
  auto made = disk::PartFile::create(where.folder, name, base::random_token(8));
  if (!made) return base::fail(made.error());
  if (const auto room = made->room_for(file.size); !room) {
    made->remove();
    return base::fail(room.error());
  }
  return std::make_shared<disk::PartFile>(std::move(*made));
}

}  // namespace commd::xmpp
