// What XmppSignalling has on both of its threads: what comes from the accounts is handed to the
// core here.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "daemon/xmpp/xmpp_services.h"
#include "daemon/xmpp/xmpp_signalling.h"
#include "daemon/xmpp/xmpp_stack.h"

namespace commd::xmpp {

// `stack` belongs to the XMPP thread, the `events` and their like to the core.
struct XmppSignalling::State final : AccountEvents {
  State(XmppOptions o, std::function<void(std::function<void()>)> to_core, base::Logger l)
      : options(std::move(o)), post(std::move(to_core)), log(std::move(l)) {}

  // Runs on the XMPP thread, in the order given.
  void on_stack(std::function<void(XmppStack&)> work) {
    if (!std::exchange(started, true)) {
      loop.start();
      loop.post([this, used = in_use] {
        stack = std::make_unique<XmppStack>(loop, pool, disk, options.resolv_conf, *this, log);
        stack->set_in_use(used, [] {});
      });
    }
    loop.post([this, work = std::move(work)] {
      if (stack) work(*stack);
    });
  }

  void on_account(const model::AccountId& id, std::function<void(XmppAccount&)> work) {
    on_stack([id, work = std::move(work)](XmppStack& all) {
      if (XmppAccount* account = all.account(id)) work(*account);
    });
  }

  // The account that has the leg.
  void on_leg(const model::LegId& leg, std::function<void(XmppCalls&)> work) {
    on_stack([leg, work = std::move(work)](XmppStack& all) {
      if (XmppAccount* account = all.account_of(leg)) account->with_calls(work);
    });
  }

  void tell(std::function<void(ports::SignallingEvents&)> what) override {
    post([this, what = std::move(what)] {
      if (events) what(*events);
    });
  }
  void account_report(const model::AccountId& account,
                      const ports::AccountReport& report) override {
    tell([account, report](ports::SignallingEvents& to) { to.account_report(account, report); });
  }
  void remember(const std::string& key, const std::string& value) override {
    tell([key, value](ports::SignallingEvents& to) { to.remember(key, value); });
  }
  void notice(const std::string& reason, const std::string& message,
              const std::string& subject) override {
    tell([reason, message, subject](ports::SignallingEvents& to) {
      to.notice(reason, message, subject);
    });
  }

  void message_received(ports::IncomingMessage message) override {
    post([this, message = std::move(message)] {
      if (messages) messages->message_received(message);
    });
  }
  void message_report(const ports::MessageReport& report) override {
    post([this, report] {
      if (messages) messages->message_report(report);
    });
  }

  void typing(const ports::TypingNews& news) override {
    post([this, news] {
      if (messages) messages->typing(news);
    });
  }
  void tell_contacts(std::function<void(ports::ContactEvents&)> what) {
    post([this, what = std::move(what)] {
      if (contacts) what(*contacts);
    });
  }
  void roster_report(ports::RosterReport report) override {
    tell_contacts([report = std::move(report)](auto& to) { to.roster_report(report); });
  }
  void presence_report(ports::PresenceReport report) override {
    tell_contacts([report = std::move(report)](auto& to) { to.presence_report(report); });
  }
  void presence_lost(const model::AccountId& account) override {
    tell_contacts([account](auto& to) { to.presence_lost(account); });
  }
  void subscription_requested(ports::SubscriptionRequest request) override {
    tell_contacts([request = std::move(request)](auto& to) { to.subscription_requested(request); });
  }
  void block_report(ports::BlockReport report) override {
    tell_contacts([report = std::move(report)](auto& to) { to.block_report(report); });
  }
  void avatar_report(ports::AvatarReport report) override {
    tell_contacts([report = std::move(report)](auto& to) { to.avatar_report(report); });
  }
  void nickname_report(ports::NicknameReport report) override {
    tell_contacts([report = std::move(report)](auto& to) { to.nickname_report(report); });
  }

  void tell_rooms(std::function<void(ports::RoomEvents&)> what) {
    post([this, what = std::move(what)] {
      if (rooms) what(*rooms);
    });
  }
  void room_report(ports::RoomReport report) override {
    tell_rooms([report = std::move(report)](auto& to) { to.room_report(report); });
  }
  void occupant_report(model::OccupantNews news) override {
    tell_rooms([news = std::move(news)](auto& to) { to.occupant_report(news); });
  }
  void room_invitation(ports::InvitationReport report) override {
    tell_rooms([report = std::move(report)](auto& to) { to.room_invitation(report); });
  }
  void bookmark_report(ports::BookmarkReport report) override {
    tell_rooms([report = std::move(report)](auto& to) { to.bookmark_report(report); });
  }

  void tell_files(std::function<void(ports::FileEvents&)> what) {
    post([this, what = std::move(what)] {
      if (files) what(*files);
    });
  }
  void files_ready(const model::AccountId& account) override {
    tell_files([account](auto& to) { to.files_ready(account); });
  }
  void file_offered(ports::IncomingFile offer) override {
    tell_files([offer = std::move(offer)](auto& to) { to.file_offered(offer); });
  }
  void file_moved(ports::FileNews news) override {
    tell_files([news = std::move(news)](auto& to) { to.file_moved(news); });
  }
  void file_ended(ports::FileEnd end) override {
    tell_files([end = std::move(end)](auto& to) { to.file_ended(end); });
  }

  const XmppOptions options;
  const std::function<void(std::function<void()>)> post;
  const base::Logger log;
  ports::SignallingEvents* events = nullptr;
  ports::MessagingEvents* messages = nullptr;
  ports::ContactEvents* contacts = nullptr;
  ports::RoomEvents* rooms = nullptr;
  ports::FileEvents* files = nullptr;
  bool started = false;  // core thread, as the next
  bool in_use = true;
  loop::CoreLoop loop{"xmpp"};
  loop::Pool pool{"xmpp-pool"};
  loop::Pool disk{"xmpp-disk"};
  std::unique_ptr<XmppStack> stack;
  XmppServices services{
      {[this](const model::AccountId& id, auto work) {
         on_stack([id, work = std::move(work)](XmppStack& all) { work(all.account(id)); });
       },
       post}};
};

}  // namespace commd::xmpp
