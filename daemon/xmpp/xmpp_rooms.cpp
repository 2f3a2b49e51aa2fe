// What is asked of rooms, on its way to the XMPP thread.
#include <utility>

#include "daemon/xmpp/xmpp_signalling_state.h"

namespace commd::xmpp {

// `done` is told on the core thread, also of an account that is not up. Empty: nobody waits.
template <class T>
void XmppSignalling::on_rooms(const model::AccountId& id, Answer<T> done,
                              std::function<void(RoomFlow&, Answer<T>)> work) {
  Answer<T> told;
  if (done)
    told = [state = state_.get(), done = std::move(done)](base::Result<T> result) {
      state->post([done, result = std::move(result)] { done(result); });
    };
  state_->on_stack([id, told, work = std::move(work)](XmppStack& all) {
    bool there = false;
    if (XmppAccount* account = all.account(id))
      account->with_rooms([&](RoomFlow& rooms) {
        there = true;
        work(rooms, told);
      });
    if (!there && told)
      told(base::fail(base::Code::failed_precondition, "ACCOUNT_NOT_ONLINE",
                      "the account " + id.str() + " is not up; enable it: commctl account enable"));
  });
}

void XmppSignalling::join_room(const model::AccountId& id, ports::RoomWish wish, Done done) {
  on_rooms<void>(id, std::move(done),
                 [wish = std::move(wish)](RoomFlow& rooms, const Answer<void>& told) {
                   rooms.join(wish, told);
                 });
}

void XmppSignalling::leave_room(const model::AccountId& id, const std::string& address,
                                const std::string& text, Done done) {
  on_rooms<void>(id, std::move(done), [address, text](RoomFlow& rooms, const Answer<void>& told) {
    rooms.leave(address, text, told);
  });
}

void XmppSignalling::create_room(const model::AccountId& id, ports::RoomWish wish,
                                 model::DataForm configuration, Done done) {
  on_rooms<void>(
      id, std::move(done),
      [wish = std::move(wish), configuration = std::move(configuration)](
          RoomFlow& rooms, const Answer<void>& told) { rooms.create(wish, configuration, told); });
}

void XmppSignalling::room_configuration(const model::AccountId& id, const std::string& address,
                                        Answer<model::DataForm> done) {
  on_rooms<model::DataForm>(id, std::move(done),
                            [address](RoomFlow& rooms, const Answer<model::DataForm>& told) {
                              rooms.configuration(address, told);
                            });
}

void XmppSignalling::configure_room(const model::AccountId& id, const std::string& address,
                                    model::DataForm configuration, Done done) {
  on_rooms<void>(id, std::move(done),
                 [address, configuration = std::move(configuration)](RoomFlow& rooms,
                                                                     const Answer<void>& told) {
                   rooms.configure(address, configuration, told);
                 });
}

void XmppSignalling::invite_to_room(const model::AccountId& id, const std::string& address,
                                    const std::string& whom, const std::string& text, Done done) {
  on_rooms<void>(id, std::move(done),
                 [address, whom, text](RoomFlow& rooms, const Answer<void>& told) {
                   rooms.invite(address, whom, text, told);
                 });
}

void XmppSignalling::decline_room(const model::AccountId& id, const std::string& address,
                                  const std::string& inviter, const std::string& text, Done done) {
  on_rooms<void>(id, std::move(done),
                 [address, inviter, text](RoomFlow& rooms, const Answer<void>& told) {
                   rooms.decline(address, inviter, text, told);
                 });
}

void XmppSignalling::set_room_nick(const model::AccountId& id, const std::string& address,
                                   const std::string& nick, Done done) {
  on_rooms<void>(id, std::move(done), [address, nick](RoomFlow& rooms, const Answer<void>& told) {
    rooms.set_nick(address, nick, told);
  });
}

void XmppSignalling::set_room_subject(const model::AccountId& id, const std::string& address,
                                      const std::string& subject, Done done) {
  on_rooms<void>(id, std::move(done),
                 [address, subject](RoomFlow& rooms, const Answer<void>& told) {
                   rooms.set_subject(address, subject, told);
                 });
}

void XmppSignalling::set_affiliation(const model::AccountId& id, const std::string& address,
                                     const std::string& whom, model::Affiliation affiliation,
                                     const std::string& text, Done done) {
  on_rooms<void>(id, std::move(done),
                 [address, whom, affiliation, text](RoomFlow& rooms, const Answer<void>& told) {
                   rooms.set_affiliation(address, whom, affiliation, text, told);
                 });
}

void XmppSignalling::set_role(const model::AccountId& id, const std::string& address,
                              const std::string& nick, model::RoomRole role,
                              const std::string& text, Done done) {
  on_rooms<void>(id, std::move(done),
                 [address, nick, role, text](RoomFlow& rooms, const Answer<void>& told) {
                   rooms.set_role(address, nick, role, text, told);
                 });
}

void XmppSignalling::list_affiliations(const model::AccountId& id, const std::string& address,
                                       std::optional<model::Affiliation> affiliation,
                                       Answer<std::vector<model::RoomAffiliation>> done) {
  on_rooms<std::vector<model::RoomAffiliation>>(
      id, std::move(done),
      [address, affiliation](RoomFlow& rooms,
                             const Answer<std::vector<model::RoomAffiliation>>& told) {
        rooms.list_affiliations(address, affiliation, told);
      });
}

void XmppSignalling::list_occupants(const model::AccountId& id, const std::string& address,
                                    Answer<std::vector<model::Occupant>> done) {
  on_rooms<std::vector<model::Occupant>>(
      id, std::move(done),
      [address](RoomFlow& rooms, const Answer<std::vector<model::Occupant>>& told) {
        rooms.list_occupants(address, told);
      });
}

void XmppSignalling::put_bookmark(const model::AccountId& id, ports::Bookmark bookmark, Done done) {
  on_rooms<void>(id, std::move(done),
                 [bookmark = std::move(bookmark)](RoomFlow& rooms, const Answer<void>& told) {
                   rooms.put_bookmark(bookmark, told);
                 });
}

void XmppSignalling::remove_bookmark(const model::AccountId& id, const std::string& address,
                                     Done done) {
  on_rooms<void>(id, std::move(done), [address](RoomFlow& rooms, const Answer<void>& told) {
    rooms.remove_bookmark(address, told);
  });
}

void XmppSignalling::destroy_room(const model::AccountId& id, const std::string& address,
                                  const std::string& text, const std::string& successor,
                                  Done done) {
  on_rooms<void>(id, std::move(done),
                 [address, text, successor](RoomFlow& rooms, const Answer<void>& told) {
                   rooms.destroy(address, text, successor, told);
                 });
}

void XmppSignalling::find_rooms(const model::AccountId& id, const std::string& service,
                                Answer<ports::RoomsFound> done) {
  on_rooms<ports::RoomsFound>(id, std::move(done),
                              [service](RoomFlow& rooms, const Answer<ports::RoomsFound>& told) {
                                rooms.find(service, told);
                              });
}

}  // namespace commd::xmpp
