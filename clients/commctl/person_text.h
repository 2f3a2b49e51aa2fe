// People of the address book as people say them. Pure functions; any thread.
#pragma once

#include <string>

#include "clients/commctl/line.h"
#include "commd/v1/person.pb.h"

namespace commd::commctl {

// "xmpp:bob@example.org, tel:+4930123 (work)".
std::string addresses_text(const v1::Person& person);

// "person Bob  xmpp:bob@example.org": for the stream of events.
Line person_line(const v1::Person& person);

// "work=tel:+4930123" or an address alone.
v1::Person::Address person_address_of(const std::string& word);

}  // namespace commd::commctl
