// Contacts and presences as the text of facts, so that they outlive the daemon. Pure.
#pragma once

#include <optional>
#include <string>

#include "daemon/model/contact.h"
#include "daemon/model/presence.h"

namespace commd::core {

std::string text_of(const model::Presence& presence);
// Nothing for what text_of() did not write.
std::optional<model::Presence> presence_of(const std::string& text);

// What is on the list: name, groups, subscription. Nobody's presence, and no request.
std::string text_of(const model::Contact& contact);
// Into a contact that has account and address; false as above.
bool read_contact(const std::string& text, model::Contact& contact);

}  // namespace commd::core
