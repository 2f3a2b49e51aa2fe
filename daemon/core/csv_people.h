// Address books as tables (RFC 4180), with a first line of headings: as Google, Outlook and
// Thunderbird write them, or "name,address,...". Commas, semicolons or tabs. Pure; any thread.
#pragma once

#include <string_view>

#include "daemon/base/result.h"
#include "daemon/core/vcard.h"

namespace commd::core {

// INVALID_ARGUMENT (field "content") where no heading says what a name or an address is.
base::Result<ImportedPeople> read_csv_people(std::string_view text);

}  // namespace commd::core
