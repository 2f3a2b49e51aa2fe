// ports::Signalling, ports::Messaging, ports::Contacts, ports::Rooms, ports::Files and
// ports::Services over our own XMPP streams: the door between the core thread and the XMPP thread.
// Values go in, values come out; no stanza leaves its thread.
//
// Core thread, like the port says.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/ports/contacts.h"
#include "daemon/ports/files.h"
#include "daemon/ports/messaging.h"
#include "daemon/ports/rooms.h"
#include "daemon/ports/services.h"
#include "daemon/ports/signalling.h"

namespace commd::xmpp {

class AvatarFlow;
class ContactFlow;
class RoomFlow;

struct XmppOptions {
  std::string resolv_conf;  // empty: the system's
};

class XmppSignalling final : public ports::Signalling,
                             public ports::Messaging,
                             public ports::Contacts,
                             public ports::Rooms,
                             public ports::Files {
 public:
  // `post` hands a function to the core thread; any thread may call it. The XMPP thread
  // starts with the first account.
  XmppSignalling(XmppOptions options, std::function<void(std::function<void()>)> post,
                 base::Logger log);
  // After shut_down() has told its end, or without ever having been used.
  ~XmppSignalling() override;

  using Done = ports::Contacts::Done;  // that of ports::Rooms as well

  // Who is told; before any other call.
  void attach(ports::SignallingEvents& events, ports::MessagingEvents& messages,
              ports::ContactEvents& contacts, ports::RoomEvents& rooms, ports::FileEvents& files);
  // Lives as long as this.
  ports::Services& services();

  void account_up(const model::Account& account, base::Secret password,
                  const std::map<std::string, std::string>& facts) override;
  void account_down(const model::AccountId& account) override;
  void route(const model::AccountId& account, const std::string& target,
             std::function<void(base::Result<ports::MediaRoute>)> done) override;
  // Calls (xmpp_calls_port.cpp).
  void invite(const model::LegId& leg, ports::InviteRequest request) override;
  void ring(const model::LegId& leg) override;
  void accept(const model::LegId& leg, model::SessionDescription description) override;
  void refuse(const model::LegId& leg, ports::Refusal refusal) override;
  // Jingle sends nobody elsewhere: the caller hears that nobody is there.
  void redirect(const model::LegId& leg, const std::string& target) override;
  void hang_up(const model::LegId& leg) override;
  void modify(const model::LegId& leg, model::SessionDescription offer) override;
  void answer_offer(const model::LegId& leg, model::SessionDescription answer) override;
  void tell_transport(const model::LegId& leg, size_t stream,
                      model::TransportDescription news) override;
  void refuse_offer(const model::LegId& leg, ports::Refusal refusal) override;
  // There are no digits in Jingle's signalling: RTP carries them.
  void send_digit(const model::LegId&, char, unsigned) override {}
  void transfer(const model::LegId& leg, const std::string& target) override;
  void transfer_to_leg(const model::LegId& leg, const model::LegId& other) override;
  // It is acknowledged as it comes, and nothing more is said before it has succeeded.
  void accept_transfer(const model::LegId&) override {}
  void refuse_transfer(const model::LegId&) override {}
  void report_transfer(const model::LegId& leg, int sip_code, const std::string& phrase) override;
  std::vector<std::string> listening() const override { return {}; }
  void shut_down(std::function<void()> done) override;

  // ports::Messaging
  void send(ports::OutgoingMessage message) override;
  void acknowledge(const model::AccountId& account, uint64_t ticket) override;
  void not_kept(const model::AccountId& account, uint64_t ticket) override;
  bool can_amend() const override { return true; }
  void amend(model::Amendment amendment, bool again) override;
  void set_typing(const ports::TypingNews& news) override;

  // ports::Contacts
  void set_in_use(bool in_use, std::function<void()> caught_up) override;
  void know_list(const model::AccountId& account, ports::KnownRoster list) override;
  void set_presence(const model::AccountId& account, model::Presence presence) override;
  void put_contact(const model::AccountId& account, const ports::RosterEntry& entry,
                   Done done) override;
  void remove_contact(const model::AccountId& account, const std::string& address,
                      Done done) override;
  void ask_presence(const model::AccountId& account, const std::string& address,
                    const std::string& nickname, Done done) override;
  void allow_presence(const model::AccountId& account, const std::string& address, bool allowed,
                      Done done) override;
  void set_blocked(const model::AccountId& account, const std::string& address, bool blocked,
                   Done done) override;
  void fetch_avatar(const model::AccountId& account, const std::string& address,
                    const std::string& hash, Fetched done) override;
  void set_avatar(const model::AccountId& account, const std::string& bytes, Done done) override;
  void set_nickname(const model::AccountId& account, const std::string& nickname,
                    Done done) override;

  // ports::Rooms (xmpp_rooms.cpp)
  void join_room(const model::AccountId& account, ports::RoomWish wish, Done done) override;
  void leave_room(const model::AccountId& account, const std::string& address,
                  const std::string& text, Done done) override;
  void create_room(const model::AccountId& account, ports::RoomWish wish,
                   model::DataForm configuration, Done done) override;
  void room_configuration(const model::AccountId& account, const std::string& address,
                          Answer<model::DataForm> done) override;
  void configure_room(const model::AccountId& account, const std::string& address,
                      model::DataForm configuration, Done done) override;
  void invite_to_room(const model::AccountId& account, const std::string& address,
                      const std::string& whom, const std::string& text, Done done) override;
  void decline_room(const model::AccountId& account, const std::string& address,
                    const std::string& inviter, const std::string& text, Done done) override;
  void set_room_nick(const model::AccountId& account, const std::string& address,
                     const std::string& nick, Done done) override;
  void set_room_subject(const model::AccountId& account, const std::string& address,
                        const std::string& subject, Done done) override;
  void set_affiliation(const model::AccountId& account, const std::string& address,
                       const std::string& whom, model::Affiliation affiliation,
                       const std::string& text, Done done) override;
  void set_role(const model::AccountId& account, const std::string& address,
                const std::string& nick, model::RoomRole role, const std::string& text,
                Done done) override;
  void list_affiliations(const model::AccountId& account, const std::string& address,
                         std::optional<model::Affiliation> affiliation,
                         Answer<std::vector<model::RoomAffiliation>> done) override;
  void list_occupants(const model::AccountId& account, const std::string& address,
                      Answer<std::vector<model::Occupant>> done) override;
  void put_bookmark(const model::AccountId& account, ports::Bookmark bookmark, Done done) override;
  void remove_bookmark(const model::AccountId& account, const std::string& address,
                       Done done) override;
  void destroy_room(const model::AccountId& account, const std::string& address,
                    const std::string& text, const std::string& successor, Done done) override;
  void find_rooms(const model::AccountId& account, const std::string& service,
                  Answer<ports::RoomsFound> done) override;

  // ports::Files
  void ask_slot(ports::SlotWish wish,
                std::function<void(base::Result<ports::UploadSlot>)> done) override;
  void offer(ports::FileOffer offer) override;
  void accept(const model::AccountId& account, const model::TransferId& id,
              ports::FilePlace place) override;
  void stop(const model::AccountId& account, const model::TransferId& id) override;

 private:
  template <class T>
  void on_rooms(const model::AccountId& account, Answer<T> done,
                std::function<void(RoomFlow&, Answer<T>)> work);
  void on_avatars(const model::AccountId& account, Fetched done,
                  std::function<void(AvatarFlow&, Fetched)> work);
  void on_contacts(const model::AccountId& account, Done done,
                   std::function<void(ContactFlow&, Done)> work);

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace commd::xmpp
