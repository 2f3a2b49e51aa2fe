// Forms of rooms on the command line. Main thread.
#pragma once

#include <string>
#include <vector>

#include "clients/commctl/context.h"
#include "clients/commctl/line.h"
#include "commd/v1/form.pb.h"

namespace commd::commctl {

// "membersonly=1" as "muc#roomconfig_membersonly=1"; what has a # in its name stays.
std::string full_name(const std::string& name_and_value);
// NAME=VALUE; a name that comes again has several values. Throws UsageError for what is none.
void add_answer(const Context& context, const std::string& text, v1::DataForm& form);
// What can be set, how it is, and what it can be.
Table form_table(const v1::DataForm& form);

}  // namespace commd::commctl
