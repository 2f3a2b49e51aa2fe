// The port between the core and a protocol that has contact lists and presence (XMPP today,
// SIP's PUBLISH and SUBSCRIBE next). The protocol room owns the wire and the session; the core
// owns what is known of people, and tells clients.
//
// Every method is called on the core thread and returns at once; what happens is told through
// ContactEvents or `done`, on the core thread, never from inside the call.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/model/contact.h"
#include "daemon/model/ids.h"
#include "daemon/model/presence.h"

namespace commd::ports {

// An entry of the list as the server keeps it.
struct RosterEntry {
  std::string address;  // Contact::address
  std::string name;
  std::vector<std::string> groups;
  model::Subscription subscription = model::Subscription::none;
  bool asked = false;
};

// A part of an account's list, or a change of it.
struct RosterReport {
  model::AccountId account;
  std::vector<RosterEntry> entries;
  std::vector<std::string> removed;  // addresses
  // The whole list is told anew from here on ...
  bool begins = false;
  // ... and has been told: who was not named since is on it no more.
  bool complete = false;
  // What the server calls the list once this is told (RFC 6121 section 2.6); empty: nothing.
  // Absent: it is not said here.
  std::optional<std::string> version{};
};

// A list as it was when its account was last online.
struct KnownRoster {
  std::vector<RosterEntry> entries;
  std::string version;
};

// A device of somebody is there, is at something else, or is gone.
struct PresenceReport {
  model::AccountId account;
  std::string address;        // without the device
  model::Resource resource;   // its availability: unavailable: it is gone
  bool every_device = false;  // none of his is there
};

struct SubscriptionRequest {
  model::AccountId account;
  std::string address;
  std::string nickname, text;
  bool withdrawn = false;  // he asks no more
};

struct BlockReport {
  model::AccountId account;
  std::vector<std::string> addresses;
  bool blocked = true;
  // With `blocked`: nobody else is. Without: nobody is at all, `addresses` is empty.
  bool whole = false;
};

// Somebody shows another picture, as SHA-1 in hex, or none.
struct AvatarReport {
  model::AccountId account;
  std::string address, hash;
};

// What somebody calls himself; empty: nothing any more.
struct NicknameReport {
  model::AccountId account;
  std::string address, nickname;
};

// The core's side.
class ContactEvents {
 public:
  virtual ~ContactEvents() = default;
  virtual void roster_report(RosterReport report) = 0;
  virtual void presence_report(PresenceReport report) = 0;
  // The session is over: of nobody of this account it is known whether he is there.
  virtual void presence_lost(const model::AccountId& account) = 0;
  virtual void subscription_requested(SubscriptionRequest request) = 0;
  virtual void block_report(BlockReport report) = 0;
  // Of protocols that have it.
  virtual void avatar_report(AvatarReport) {}
  virtual void nickname_report(NicknameReport) {}
};

class Contacts {
 public:
  using Done = std::function<void(base::Result<void>)>;

  virtual ~Contacts() = default;
  // What is known of an account's list, before it is brought up: a server that versions its
  // lists tells only what has changed since. Of one that is up already it is not taken.
  virtual void know_list(const model::AccountId&, KnownRoster) {}
  // Whether anybody uses this end, of all accounts and those to come: while nobody does, servers
  // may keep back what can wait (XEP-0352). `caught_up` when what they kept back has come, or
  // at once; it may come inside the call.
  virtual void set_in_use(bool /*in_use*/, std::function<void()> caught_up) { caught_up(); }
  // What to say, now and in every session to come.
  virtual void set_presence(const model::AccountId& account, model::Presence presence) = 0;
  // What follows is told `done` when the server has it. Errors: ACCOUNT_NOT_ONLINE,
  // CONNECTION_LOST (it may have reached the server), XMPP_...
  // Puts the address on the list, or changes its entry's name and groups.
  virtual void put_contact(const model::AccountId& account, const RosterEntry& entry,
                           Done done) = 0;
  virtual void remove_contact(const model::AccountId& account, const std::string& address,
                              Done done) = 0;
  // Asks to see his presence. `nickname`: what this person calls himself; may be empty.
  virtual void ask_presence(const model::AccountId& account, const std::string& address,
                            const std::string& nickname, Done done) = 0;
  // Lets him see this person's presence, or not.
  virtual void allow_presence(const model::AccountId& account, const std::string& address,
                              bool allowed, Done done) = 0;
  // BLOCKING_NOT_SUPPORTED where the server cannot.
  virtual void set_blocked(const model::AccountId& account, const std::string& address,
                           bool blocked, Done done) = 0;

  // The picture of that SHA-1 that he was reported to show. Errors also: PICTURE_UNUSABLE.
  using Fetched = std::function<void(base::Result<std::string>)>;
  virtual void fetch_avatar(const model::AccountId&, const std::string& /*address*/,
                            const std::string& /*hash*/, Fetched done) {
    done(base::fail(avatars_not_supported()));
  }
  // What this person shows; empty: no picture.
  virtual void set_avatar(const model::AccountId&, const std::string& /*bytes*/, Done done) {
    done(base::fail(avatars_not_supported()));
  }
  // What this person calls himself; empty: nothing.
  virtual void set_nickname(const model::AccountId&, const std::string& /*nickname*/, Done done) {
    done(base::fail(avatars_not_supported()));
  }

 private:
  static base::Error avatars_not_supported() {
    return {base::Code::unimplemented,
            "AVATARS_NOT_SUPPORTED",
            "this protocol has no pictures and nicknames of people",
            {}};
  }
};

}  // namespace commd::ports
