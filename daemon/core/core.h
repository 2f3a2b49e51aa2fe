// The core as a whole: its books, wired together, and the door for what the
// protocol rooms report.
//
// Core thread only.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/core/account_book.h"
#include "daemon/core/account_discovery.h"
#include "daemon/core/attention.h"
#include "daemon/core/avatar_book.h"
#include "daemon/core/call_book.h"
#include "daemon/core/contact_book.h"
#include "daemon/core/core_settings.h"
#include "daemon/core/device_book.h"
#include "daemon/core/doctor.h"
#include "daemon/core/event_log.h"
#include "daemon/core/file_book.h"
#include "daemon/core/identity_book.h"
#include "daemon/core/message_book.h"
#include "daemon/core/person_book.h"
#include "daemon/core/presence_book.h"
#include "daemon/core/room_book.h"
#include "daemon/core/service_book.h"
#include "daemon/core/zrtp_book.h"
#include "daemon/ports/clock.h"
#include "daemon/ports/contacts.h"
#include "daemon/ports/event_sink.h"
#include "daemon/ports/media_engine.h"
#include "daemon/ports/messaging.h"
#include "daemon/ports/prober.h"
#include "daemon/ports/relay_access.h"
#include "daemon/ports/rooms.h"
#include "daemon/ports/secrets.h"
#include "daemon/ports/signalling.h"
#include "daemon/ports/store.h"
#include "daemon/ports/timers.h"

namespace commd::core {

// Everything the core leans on; each outlives it.
struct CorePorts {
  ports::Store& store;
  ports::Secrets& secrets;
  ports::Clock& clock;
  ports::Timers& timers;
  ports::EventEncoder& encoder;
  ports::EventSink& sink;
  ports::MediaEngine& media;
  SignallingByProtocol signalling;
  MessagingByProtocol messaging{};
  ContactsByProtocol contacts{};
  RoomsByProtocol rooms{};
  FilesByProtocol files{};
  ports::WebFiles* web = nullptr;
  ports::ServerDiscovery* discovery = nullptr;
  ServicesByProtocol services{};
  ports::Pictures* pictures = nullptr;
  ports::RelayAccess* relays = nullptr;
  ports::Prober* prober = nullptr;
};

class Core final : public ports::SignallingEvents,
                   public ports::MessagingEvents,
                   public ports::ContactEvents,
                   public ports::RoomEvents,
                   public ports::FileEvents,
                   public ports::WebFileEvents {
 public:
  Core(CorePorts ports, const CoreSettings& settings, base::Logger logger);

  // Takes up what the store remembers and brings the accounts up.
  void start(const ports::StoredState& state);
  // Ends calls and registrations politely; `done` within 2 s.
  void shut_down(std::function<void()> done);

  EventLog& events() { return events_; }
  AccountBook& accounts() { return accounts_; }
  AccountDiscovery& discovery() { return discovery_; }
  CallBook& calls() { return calls_; }
  DeviceBook& devices() { return devices_; }
  MessageBook& messages() { return messages_; }
  ContactBook& contacts() { return contacts_; }
  PresenceBook& presences() { return presences_; }
  PersonBook& people() { return people_; }
  RoomBook& rooms() { return rooms_; }
  Attention& attention() { return attention_; }
  ServiceBook& services() { return services_; }
  AvatarBook& avatars() { return avatars_; }
  FileBook& files() { return files_; }
  Doctor& doctor() { return doctor_; }
  // See DeviceBook::test(); what is not said is the device that calls use, or would.
  void test_devices(const std::optional<model::AudioSource>& source,
                    const std::optional<model::AudioSink>& sink, unsigned seconds,
                    DeviceBook::TestDone done);
  // What is degraded, in words, for status.
  std::vector<std::string> problems() const;
  // "udp 127.0.0.1:5060", for status.
  std::vector<std::string> listening() const;

  // ports::SignallingEvents
  void account_report(const model::AccountId& account, const ports::AccountReport& report) override;
  void message_waiting(const model::AccountId& account,
                       const model::MessageWaiting& waiting) override;
  void remember(const std::string& key, const std::string& value) override;
  void notice(const std::string& reason, const std::string& message,
              const std::string& subject) override;
  void incoming(const model::LegId& leg, ports::IncomingCall call) override;
  void progress(const model::LegId& leg, const model::BranchId& branch, ports::Progress progress,
                std::optional<model::SessionDescription> answer) override;
  void accepted(const model::LegId& leg, const model::BranchId& branch,
                std::optional<model::SessionDescription> answer) override;
  void confirmed(const model::LegId& leg, std::optional<model::SessionDescription> answer) override;
  void offered(const model::LegId& leg, std::optional<model::SessionDescription> offer) override;
  void transport(const model::LegId& leg, size_t stream, model::TransportDescription news) override;
  void answered(const model::LegId& leg, model::SessionDescription answer) override;
  void modify_refused(const model::LegId& leg, bool glare, int sip_code) override;
  void refresh_due(const model::LegId& leg) override;
  void identity(const model::LegId& leg, model::Party remote) override;
  void digit(const model::LegId& leg, char digit) override;
  void transfer_requested(const model::LegId& leg, const std::string& target,
                          const std::string& replaces, const std::string& referred_by) override;
  void transfer_progress(const model::LegId& leg, model::TransferStatus status) override;
  void ended(const model::LegId& leg, ports::LegEnd end) override;

  // ports::MessagingEvents
  void message_received(ports::IncomingMessage message) override;
  void message_report(const ports::MessageReport& report) override;
  void typing(const ports::TypingNews& news) override;

  // ports::ContactEvents
  void roster_report(ports::RosterReport report) override;
  void presence_report(ports::PresenceReport report) override;
  void presence_lost(const model::AccountId& account) override;
  void subscription_requested(ports::SubscriptionRequest request) override;
  void block_report(ports::BlockReport report) override;
  void avatar_report(ports::AvatarReport report) override;
  void nickname_report(ports::NicknameReport report) override;

  // ports::RoomEvents
  void room_report(ports::RoomReport report) override;
  void occupant_report(model::OccupantNews news) override;
  void room_invitation(ports::InvitationReport report) override;
  void bookmark_report(ports::BookmarkReport report) override;

  // ports::FileEvents, ports::WebFileEvents
  void files_ready(const model::AccountId& account) override { files_.ready(account); }
  void file_offered(ports::IncomingFile offer) override { files_.offered(std::move(offer)); }
  void file_moved(ports::FileNews news) override { files_.moved(std::move(news)); }
  void file_ended(ports::FileEnd end) override { files_.ended(std::move(end)); }
  void web_progress(ports::WebProgress news) override { files_.moved(std::move(news)); }
  void web_ended(ports::WebEnd end) override { files_.ended(std::move(end)); }

 private:
  void find_ice_servers(const model::AccountId& id,
                        std::function<void(ports::RelayAccess::Servers)> done);
  void prepare_identity(const model::AccountId& id);

  SignallingByProtocol signalling_;
  EventLog events_;
  AccountBook accounts_;
  AccountDiscovery discovery_;
  DeviceBook devices_;
  IdentityBook identities_;
  ports::RelayAccess* relays_;
  ZrtpBook zrtp_;
  CallBook calls_;
  RoomBook rooms_;
  MessageBook messages_;
  ContactBook contacts_;
  PresenceBook presences_;
  PersonBook people_;
  Attention attention_;
  ServiceBook services_;
  AvatarBook avatars_;
  FileBook files_;
  Doctor doctor_;
  base::Logger logger_;
};

}  // namespace commd::core
