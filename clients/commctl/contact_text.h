// Contacts and presence as people say them. Pure functions; any thread.
#pragma once

#include <string>
#include <vector>

#include "clients/commctl/line.h"
#include "commd/v1/contact.pb.h"
#include "commd/v1/presence.pb.h"

namespace commd::commctl {

// "available", "away", "gone" of one that nothing is known of.
std::string word_of(v1::Presence::Availability availability);
Style style_of(v1::Presence::Availability availability);
// "away: in a lecture".
Span presence_span(const v1::Presence& presence);

// What `commctl presence set` takes: the API's words, "online", "offline" and "invisible".
const std::vector<std::string>& availability_words();
// AVAILABILITY_UNSPECIFIED for what is none of them.
v1::Presence::Availability availability_of(const std::string& word);

// "both see each other", "asked, no answer yet", "wants to see you", "blocked".
std::string relation_text(const v1::Contact& contact);

// "contact bob@example.org  away: in a lecture": for the stream of events.
Line contact_line(const v1::Contact& contact);
Line presence_line(const v1::OwnPresence& presence);

}  // namespace commd::commctl
