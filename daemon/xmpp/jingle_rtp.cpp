#include "daemon/xmpp/jingle_rtp.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "daemon/xmpp/jingle_rtp_format.h"
#include "daemon/xmpp/jingle_transport.h"
#include "daemon/xmpp/jingle_values.h"
#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

using model::MediaKind;
using model::StreamDescription;

constexpr size_t most_name = 256;

constexpr std::array<std::pair<const char*, MediaKind>, 3> kinds = {
    {{"audio", MediaKind::audio}, {"video", MediaKind::video}, {"text", MediaKind::text}}};

MediaKind kind_of(std::string_view media) {
  for (const auto& [word, kind] : kinds)
    if (media == word) return kind;
  return MediaKind::application;
}

const char* word_of(MediaKind kind) {
  for (const auto& [word, each] : kinds)
    if (each == kind) return word;
  return "application";
}

// Its place, without what is in it.
StreamDescription refused(std::string_view name, MediaKind kind) {
  StreamDescription stream;
  stream.mid = name;
  stream.kind = kind;
  stream.rejected = true;
  return stream;
}

}  // namespace

JingleParty other(JingleParty party) {
  return party == JingleParty::initiator ? JingleParty::responder : JingleParty::initiator;
}

JingleParty senders_of(model::Direction direction, JingleParty describer) {
  const bool both = model::sends(direction) && model::receives(direction);
  if (both) return JingleParty::both;
  if (model::sends(direction)) return describer;
  return model::receives(direction) ? other(describer) : JingleParty::none;
}

model::Direction direction_of(JingleParty senders, JingleParty describer) {
  const bool all = senders == JingleParty::both;
  return model::make_direction(all || senders == describer, all || senders == other(describer));
}

bool is_rtp(const JingleStanza& stanza) {
  return std::any_of(stanza.contents.begin(), stanza.contents.end(), [](const auto& content) {
    return content.description.ns() == ns::kJingleRtp;
  });
}

base::Result<StreamDescription> read_rtp_content(const JingleContent& content,
                                                 JingleParty describer) {
  if (!content.description || !content.transport)
    return bad_jingle("the content " + quoted(content.name) +
                      " lacks a description or a transport");
  const bool rtp = content.description.is("description", ns::kJingleRtp);
  const MediaKind kind =
      rtp ? kind_of(content.description.attribute("media")) : MediaKind::application;
  if (kind == MediaKind::application || !is_media_transport(content.transport))
    return refused(content.name, kind);

  auto transport = read_media_transport(content.transport);
  if (!transport) return base::fail(transport.error());
  StreamDescription stream;
  stream.mid = content.name;
  stream.kind = kind;
  stream.direction = direction_of(content.senders, describer);
  stream.transport = std::move(*transport);
  const auto described = read_rtp_description(content.description, describer, stream);
  if (!described) return base::fail(described.error());
  // Nothing that could be sent or heard.
  if (stream.formats.empty()) return refused(content.name, kind);
  return stream;
}

base::Result<model::SessionDescription> read_rtp(const JingleStanza& stanza,
                                                 JingleParty describer) {
  model::SessionDescription description;
  std::set<std::string_view> names;
  for (const JingleContent& content : stanza.contents) {
    if (!names.insert(content.name).second) return bad_jingle("two contents have one name");
    auto stream = read_rtp_content(content, describer);
    if (!stream) return base::fail(stream.error());
    description.streams.push_back(std::move(*stream));
  }
  if (description.streams.empty()) return bad_jingle("a session without contents");
  description.bundles = read_bundles(stanza.jingle);
  return description;
}

void write_rtp_content(const StreamDescription& stream, std::string_view name, const Stanza& iq,
                       JingleParty creator, JingleParty describer, unsigned generation) {
  const MutableElement content =
      add_content(iq, name, creator, senders_of(stream.direction, describer));
  const MutableElement description = content.add("description", ns::kJingleRtp);
  description.set("media", word_of(stream.kind));
  write_rtp_description(stream, describer, description);
  write_media_transport(stream.transport, content, generation);
}

void write_rtp(const model::SessionDescription& description, const Stanza& iq,
               JingleParty describer) {
  const std::vector<std::string> names = names_of(description);
  std::vector<std::string> live;
  for (size_t i = 0; i < names.size(); ++i)
    if (!description.streams[i].rejected) live.push_back(names[i]);
  write_bundles(description.bundles, iq, live);
  for (size_t i = 0; i < names.size(); ++i)
    if (!description.streams[i].rejected)
      write_rtp_content(description.streams[i], names[i], iq, JingleParty::initiator, describer);
}

std::vector<std::string> names_of(const model::SessionDescription& description) {
  std::vector<std::string> names;
  std::set<std::string> taken;
  for (const StreamDescription& stream : description.streams) taken.insert(stream.mid);
  for (const StreamDescription& stream : description.streams) {
    std::string name = stream.mid;
    if (name.empty()) {
      name = word_of(stream.kind) + std::to_string(names.size());
      while (!taken.insert(name).second) name += '_';
    }
    names.push_back(std::move(name));
  }
  return names;
}

std::vector<std::vector<std::string>> read_bundles(const Element& jingle) {
  std::vector<std::vector<std::string>> bundles;
  for (const Element group : jingle) {
    if (!group.is("group", ns::kJingleGrouping) || group.attribute("semantics") != "BUNDLE")
      continue;
    if (bundles.size() == most_jingle_contents) break;
    std::vector<std::string>& bundle = bundles.emplace_back();
    for (const Element content : group) {
      const std::string_view name = content.attribute("name");
      if (!content.is("content", ns::kJingleGrouping) || name.empty() || name.size() > most_name)
        continue;
      if (bundle.size() == most_jingle_contents) break;
      bundle.emplace_back(name);
    }
  }
  return bundles;
}

void write_bundles(const std::vector<std::vector<std::string>>& bundles, const Stanza& iq,
                   const std::vector<std::string>& named) {
  const std::set<std::string_view> known(named.begin(), named.end());
  for (const auto& bundle : bundles) {
    const MutableElement group = jingle_in(iq).add("group", ns::kJingleGrouping);
    group.set("semantics", "BUNDLE");
    for (const std::string& name : bundle)
      if (known.count(name) > 0) group.add("content").set("name", name);
  }
}

}  // namespace commd::xmpp
