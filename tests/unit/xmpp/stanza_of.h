// A stanza of the text that a peer would send.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "daemon/xmpp/xml_reader.h"

namespace commd::xmpp::test {

inline Stanza stanza_of(const std::string& text) {
  XmlReader reader;
  reader.push(
      "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>" +
      text);
  while (true) {
    auto event = reader.next();
    if (!event || !*event) break;
    if (auto* stanza = std::get_if<Stanza>(&**event)) return std::move(*stanza);
  }
  ADD_FAILURE() << "no stanza: " << text;
  return Stanza("none");
}

}  // namespace commd::xmpp::test
