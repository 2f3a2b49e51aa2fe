#include "daemon/sip/pidf.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "daemon/sip/xml_body.h"

namespace commd::sip {
namespace {

using model::Availability;

constexpr std::string_view ns_pidf = "urn:ietf:params:xml:ns:pidf";
constexpr std::string_view ns_person = "urn:ietf:params:xml:ns:pidf:data-model";
constexpr std::string_view ns_rpid = "urn:ietf:params:xml:ns:pidf:rpid";
constexpr size_t most_name_bytes = 64;
constexpr int most_priority = 100;

// Never in the middle of a character.
std::string cut(std::string_view text, size_t most) {
  if (text.size() <= most) return std::string(text);
  size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return std::string(text.substr(0, end));
}

std::string note_in(const XmlElement& element, std::string_view ns) {
  const XmlElement* note = element.child("note", ns);
  return note == nullptr ? std::string() : cut(trimmed_text(note->text), model::max_status_bytes);
}

struct Activity {
  std::string_view name;
  Availability means;
};
// The most telling first.
constexpr std::array<Activity, 13> activities = {{{"busy", Availability::dnd},
                                                  {"on-the-phone", Availability::dnd},
                                                  {"meeting", Availability::dnd},
                                                  {"presentation", Availability::dnd},
                                                  {"appointment", Availability::dnd},
                                                  {"performance", Availability::dnd},
                                                  {"vacation", Availability::xa},
                                                  {"holiday", Availability::xa},
                                                  {"sleeping", Availability::xa},
                                                  {"permanent-absence", Availability::xa},
                                                  {"away", Availability::away},
                                                  {"lunch", Availability::away},
                                                  {"meal", Availability::away}}};

std::optional<Availability> activity_in(const XmlElement* element) {
  const XmlElement* list = element == nullptr ? nullptr : element->child("activities", ns_rpid);
  if (list == nullptr) return std::nullopt;
  for (const Activity& each : activities)
    if (list->child(each.name, ns_rpid) != nullptr) return each.means;
  return std::nullopt;
}

// RFC 3863 section 4.1.5: 0 to 1, at most three digits after the point.
int priority_of(const XmlElement& tuple) {
  const XmlElement* contact = tuple.child("contact", ns_pidf);
  if (contact == nullptr) return 0;
  const std::string_view q = contact->attribute("priority");
  if (q.empty() || (q[0] != '0' && q[0] != '1')) return 0;
  if (q[0] == '1') return most_priority;
  int value = 0, weight = most_priority / 10;
  for (size_t i = 2; i < q.size() && weight > 0; ++i, weight /= 10) {
    if (q[1] != '.' || isdigit(static_cast<unsigned char>(q[i])) == 0) return 0;
    value += (q[i] - '0') * weight;
  }
  return value;
}

bool is_open(const XmlElement& tuple) {
  const XmlElement* status = tuple.child("status", ns_pidf);
  const XmlElement* basic = status == nullptr ? nullptr : status->child("basic", ns_pidf);
  return basic != nullptr && trimmed_text(basic->text) == "open";
}

}  // namespace

std::optional<PresenceDocument> read_pidf(std::string_view body) {
  const auto root = read_xml_body(body);
  if (!root || !root->is("presence", ns_pidf)) return std::nullopt;
  const XmlElement* person = root->child("person", ns_person);
  std::string words = person == nullptr ? std::string() : note_in(*person, ns_person);
  if (words.empty()) words = note_in(*root, ns_pidf);
  const auto doing = activity_in(person);
  PresenceDocument document;
  document.last_words = words;
  for (const XmlElement& tuple : root->children) {
    if (!tuple.is("tuple", ns_pidf)) continue;
    const std::string own_words = note_in(tuple, ns_pidf);
    if (document.last_words.empty()) document.last_words = own_words;
    model::Resource resource;
    resource.name = cut(tuple.attribute("id"), most_name_bytes);
    const bool told = std::any_of(document.resources.begin(), document.resources.end(),
                                  [&](const auto& each) { return each.name == resource.name; });
    if (!is_open(tuple) || told || document.resources.size() >= model::max_resources) continue;
    const auto own = activity_in(&tuple);
    resource.presence.availability = own ? *own : doing.value_or(Availability::available);
    resource.presence.status = own_words.empty() ? words : own_words;
    resource.priority = priority_of(tuple);
    document.resources.push_back(std::move(resource));
  }
  return document;
}

std::string write_pidf(const std::string& entity, const std::string& device,
                       const model::Presence& presence) {
  const bool open = presence.availability != Availability::unavailable;
  const char* activity = nullptr;
  switch (presence.availability) {
    case Availability::away:
    case Availability::xa:
      activity = "away";
      break;
    case Availability::dnd:
      activity = "busy";
      break;
    case Availability::unavailable:
    case Availability::available:
    case Availability::chat:
      break;
  }
  std::string note;
  if (!presence.status.empty()) note = xml_escaped(cut(presence.status, model::max_status_bytes));
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<presence xmlns=\"";
  out += std::string(ns_pidf) + "\" xmlns:dm=\"" + std::string(ns_person) + "\" xmlns:rpid=\"" +
         std::string(ns_rpid) + "\" entity=\"" + xml_escaped(entity) + "\">\n<tuple id=\"" +
         xml_escaped(device) + "\"><status><basic>" + (open ? "open" : "closed") +
         "</basic></status>";
  if (!note.empty()) out += "<note>" + note + "</note>";
  out += "</tuple>\n";
  if (activity != nullptr)
    out += "<dm:person id=\"p" + xml_escaped(device) + "\"><rpid:activities><rpid:" + activity +
           "/></rpid:activities></dm:person>\n";
  return out + "</presence>\n";
}

}  // namespace commd::sip
