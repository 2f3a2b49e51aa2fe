// Rooms as people say them. Pure functions; any thread.
#pragma once

#include <string>
#include <vector>

#include "clients/commctl/line.h"
#include "commd/v1/room.pb.h"

namespace commd::commctl {

// "joined", "invited".
std::string word_of(v1::Room::State state);
Style style_of(v1::Room::State state);
std::string word_of(v1::Room::Affiliation affiliation);
std::string word_of(v1::Room::Role role);

// What `commctl room grant` takes, both kinds.
std::vector<std::string> grant_words();
// Unspecified for what is none of them.
v1::Room::Affiliation affiliation_of(const std::string& word);
v1::Room::Role role_of(const std::string& word);

// "members only, moderated, bookmarked".
std::string traits_text(const v1::Room& room);
// "joined as ann", "invited by xmpp:bob@example.org".
Line room_state_line(const v1::Room& room);
// "room xmpp:room@service  joined as ann": for the stream of events.
Line room_line(const v1::Room& room);

// "bob came in", "bob was put out by ann: flooding"; empty: nothing to be told.
std::string occupant_text(const v1::OccupantChanged& change);

}  // namespace commd::commctl
