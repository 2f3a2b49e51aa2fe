#include "daemon/xmpp/caps_lookup.h"

#include <algorithm>
#include <utility>

#include "daemon/base/escape.h"
#include "daemon/model/contact.h"
#include "daemon/xmpp/disco.h"
#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

// The node is no part of what is hashed.
std::string key_of(const Caps& caps) { return caps.hash + " " + caps.ver; }

std::string cut(const std::string& text) {
  return base::to_valid_utf8(std::string_view(text).substr(0, model::max_contact_name_bytes));
}

Program program_of(const DiscoInfo& info) {
  for (const DiscoIdentity& each : info.identities)
    if (each.category == "client") return {cut(each.name), cut(each.type)};
  return {};
}

}  // namespace

const Program* CapsLookup::find(const Caps& caps, const Jid& who) {
  if (caps.empty() || !caps_hash(caps.hash)) return nullptr;
  const std::string key = key_of(caps);
  if (const auto known = known_.find(key); known != known_.end()) return &known->second;
  const auto found = wanted_.find(key);
  if (found != wanted_.end()) {
    auto& others = found->second.who;
    if (others.size() < most_liars && std::find(others.begin(), others.end(), who) == others.end())
      others.push_back(who);
    return nullptr;
  }
  if (wanted_.size() >= most_wanted) return nullptr;
  wanted_[key] = {caps, {who}, 0};
  queue_.push_back(key);
  ask_more();
  return nullptr;
}

void CapsLookup::forget_asked() {
  ++session_;
  wanted_.clear();
  queue_.clear();
  asked_ = 0;
}

void CapsLookup::ask_more() {
  while (asked_ < most_asked && !queue_.empty()) {
    const std::string key = std::move(queue_.front());
    queue_.pop_front();
    Wanted& wanted = wanted_.at(key);
    const Jid who = std::move(wanted.who.front());
    wanted.who.pop_front();
    ++wanted.asked;
    ++asked_;
    const Stanza iq = make_iq("get", who.str(), make_id());
    iq.add("query", ns::kDiscoInfo).set("node", wanted.caps.node + "#" + wanted.caps.ver);
    requests_.ask(iq, [this, key, session = session_](const base::Result<Element>& answer) {
      if (session == session_) answered(key, answer);
    });
  }
}

void CapsLookup::answered(const std::string& key, const base::Result<Element>& answer) {
  --asked_;
  const auto found = wanted_.find(key);
  Wanted& wanted = found->second;
  const auto info =
      answer ? read_disco(answer->child("query", ns::kDiscoInfo)) : std::optional<DiscoInfo>();
  if (info && caps_ver(*info, *caps_hash(wanted.caps.hash)) == wanted.caps.ver) {
    const Caps caps = std::move(wanted.caps);
    wanted_.erase(found);
    keep(key, program_of(*info));
    learned_(caps);
  } else if (!wanted.who.empty() && wanted.asked < most_liars) {
    queue_.push_back(key);
  } else {
    wanted_.erase(found);
  }
  ask_more();
}

void CapsLookup::keep(const std::string& key, Program program) {
  if (known_.emplace(key, std::move(program)).second) known_order_.push_back(key);
  while (known_order_.size() > most_known) {
    known_.erase(known_order_.front());
    known_order_.pop_front();
  }
}

}  // namespace commd::xmpp
