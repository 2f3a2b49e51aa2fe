// What rooms and their services are asked: what a room is like, who may do what, its end
// (XEP-0045 1.34 sections 6, 8, 9, 10). Pure; on the thread of the stanza. What comes in is
// hostile.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/model/form.h"
#include "daemon/model/room.h"
#include "daemon/xmpp/jid.h"
#include "daemon/xmpp/stanza.h"

namespace commd::xmpp {

// What a room says of itself (section 6.4).
struct RoomInfo {
  bool is_room = false;
  model::RoomTraits traits;
  bool has_archive = false;       // XEP-0313
  bool has_stanza_ids = false;    // XEP-0359
  bool has_occupant_ids = false;  // XEP-0421
};
// `answer`: to make_info_request().
RoomInfo read_room_info(const Element& answer);
// Whether the answer is that of a service of rooms.
bool is_room_service(const Element& answer);

// Items of a disco#items answer, each once and bare of anything that is no address; at most
// `most`. `node`s are passed over.
struct FoundItems {
  std::vector<model::FoundRoom> items;  // address: "xmpp:..."
  bool truncated = false;
};
FoundItems read_items(const Element& answer, size_t most);

Stanza make_info_request(const Jid& of);
Stanza make_items_request(const Jid& of);

// Section 8.2, 9: by nick; role_none puts him out.
Stanza make_role_change(const Jid& room, std::string_view nick, model::RoomRole role,
                        std::string_view text);
// Section 9, 10: by address.
Stanza make_affiliation_change(const Jid& room, const Jid& whom, model::Affiliation affiliation,
                               std::string_view text);
Stanza make_affiliation_request(const Jid& room, model::Affiliation affiliation);
// At most `most`.
std::vector<model::RoomAffiliation> read_affiliations(const Element& answer, size_t most);

// Section 10.1, 10.2.
Stanza make_configuration_request(const Jid& room);
// An empty form: the room as its service would have it.
Stanza make_default_configuration(const Jid& room);
// The form of an answer to the first. Error: FORM_UNREADABLE.
base::Result<model::DataForm> read_configuration(const Element& answer);
// That form, with what is to be another. Errors: the same, and those of model::fill_in().
base::Result<Stanza> make_configuration(const Jid& room, const Element& answer,
                                        const model::DataForm& changes);
// Section 10.9. `successor` may be empty.
Stanza make_destruction(const Jid& room, const Jid& successor, std::string_view text);

}  // namespace commd::xmpp
