#include "daemon/core/core.h"

#include <memory>
#include <set>
#include <utility>

namespace commd::core {

namespace {

// There is a memory of ZRTP, wherever passwords are.
constexpr const char* zrtp_fact = "zrtp_memory";

}  // namespace

Core::Core(CorePorts ports, const CoreSettings& settings, base::Logger logger)
    : signalling_(ports.signalling),
      events_(ports.store, ports.encoder, ports.sink, ports.clock, logger),
      accounts_(events_, ports.secrets, ports.clock, ports.signalling, ports.media.codec_names(),
                logger),
      discovery_(ports.discovery),
      devices_(events_, ports.media, ports.timers),
      identities_(ports.secrets, ports.media, logger),
      relays_(ports.relays),
      zrtp_(
          ports.secrets, ports.clock, ports.timers,
          [this](const base::Error& error) {
            events_.emit(model::Notice{error.reason, error.message, {}});
          },
          logger),
      calls_(events_, accounts_, devices_, ports.store, ports.media, ports.clock, ports.timers,
             ports.signalling, settings, logger),
      rooms_(events_, accounts_, ports.secrets, ports.store, ports.clock, ports.rooms, logger),
      messages_(events_, accounts_, rooms_, ports.store, ports.clock, ports.messaging, logger),
      contacts_(events_, accounts_, ports.contacts, logger),
      presences_(events_, accounts_, ports.clock, ports.contacts),
      people_(events_, accounts_, contacts_, ports.clock),
      attention_(ports.timers, ports.clock, ports.contacts),
      services_(accounts_, ports.services, ports.timers),
      avatars_(accounts_, contacts_, ports.contacts, ports.pictures, logger),
      files_({events_, accounts_, messages_, ports.clock, ports.files, ports.web,
              settings.incoming_folder, logger}),
      doctor_({accounts_, devices_, ports.services, ports.clock, ports.timers, ports.prober}),
      logger_(std::move(logger)) {
  rooms_.set_late([this](const model::AccountId& id) { messages_.account_up(id); });
  calls_.set_names([this](const std::string& typed) {
    return people_.address_of(typed, PersonBook::Purpose::call);
  });
  calls_.set_ice_servers(
      [this](const model::AccountId& id, auto done) { find_ice_servers(id, std::move(done)); });
  calls_.set_identities([this](const model::AccountId& id) { return identities_.of(id); });
  calls_.set_zrtp(zrtp_);
  zrtp_.set_began([&store = ports.store] {
    store.commit({ports::PutFact{zrtp_fact, "1"}}, [](const base::Result<void>&) {});
  });
  messages_.set_names([this](const std::string& typed) {
    return people_.address_of(typed, PersonBook::Purpose::message);
  });
  accounts_.set_hooks({[this](const model::AccountId& id) { contacts_.account_coming(id); },
                       [this](const model::AccountId& id) {
                         prepare_identity(id);
                         presences_.account_up(id);
                         rooms_.account_up(id);
                         messages_.account_up(id);
                       },
                       [this](const model::AccountId& id) {
                         identities_.erase(id);
                         messages_.account_removed(id);
                         contacts_.account_removed(id);
                         presences_.account_removed(id);
                         rooms_.account_removed(id);
                         services_.account_removed(id);
                         avatars_.account_removed(id);
                         files_.account_removed(id);
                       }});
}

// What is not known in the end is left out: a call does with the others.
void Core::find_ice_servers(const model::AccountId& id,
                            std::function<void(ports::RelayAccess::Servers)> done) {
  accounts_.ice_servers(
      id, [this, id, done = std::move(done)](base::Result<ports::RelayAccess::Servers> servers) {
        const model::Account* account = accounts_.get(id);
        if (!servers || servers->empty() || account == nullptr || relays_ == nullptr)
          return done({});
        for (model::IceServer& server : *servers) server.ca_file = account->settings.tls_ca_file;
        relays_->resolve(std::move(*servers), done);
      });
}

// On loopback nobody is in between, and a component has no calls.
void Core::prepare_identity(const model::AccountId& id) {
  const model::Account* account = accounts_.get(id);
  if (account == nullptr) return;
  if (account->settings.zrtp) zrtp_.prepare();
  if (account->protocol == model::Protocol::sip || account->protocol == model::Protocol::xmpp)
    identities_.prepare(id);
}

void Core::start(const ports::StoredState& state) {
  contacts_.set_left([this](const model::AccountId& account, const std::string& address) {
    avatars_.contact_left(account, address);
  });
  events_.restore(state);
  calls_.restore(state);
  rooms_.restore(state);
  messages_.restore(state);
  contacts_.restore(state);
  people_.restore(state);
  presences_.restore(state);
  files_.restore(state);
  if (state.facts.contains(zrtp_fact)) zrtp_.expect_one();
  accounts_.restore(state);
  avatars_.restore(state);
}

void Core::shut_down(std::function<void()> done) {
  calls_.shut_down();
  // Several protocols may share a room, so each room is asked once.
  std::set<ports::Signalling*> rooms;
  for (const auto& [protocol, room] : signalling_) rooms.insert(room);
  auto left = std::make_shared<size_t>(rooms.size());
  if (rooms.empty()) return done();
  for (ports::Signalling* room : rooms)
    room->shut_down([left, done] {
      if (--*left == 0) done();
    });
}

void Core::test_devices(const std::optional<model::AudioSource>& source,
                        const std::optional<model::AudioSink>& sink, unsigned seconds,
                        DeviceBook::TestDone done) {
  model::AudioSource from = source.value_or(calls_.settings().capture);
  model::AudioSink to = sink.value_or(calls_.settings().playback);
  if (!source && from.kind != model::AudioSource::Kind::device) from = {};
  if (!sink && to.kind != model::AudioSink::Kind::device) to = {};
  devices_.test(from, to, seconds, std::move(done));
}

std::vector<std::string> Core::problems() const {
  std::vector<std::string> all = devices_.problems();
  for (const std::string& problem : calls_.problems()) all.push_back(problem);
  if (const std::string& problem = events_.write_problem(); !problem.empty())
    all.push_back(problem);
  return all;
}

std::vector<std::string> Core::listening() const {
  std::vector<std::string> all;
  std::set<ports::Signalling*> rooms;
  for (const auto& [protocol, room] : signalling_)
    if (rooms.insert(room).second)
      for (std::string& address : room->listening()) all.push_back(std::move(address));
  return all;
}

void Core::account_report(const model::AccountId& account, const ports::AccountReport& report) {
  accounts_.report(account, report);
}

void Core::message_waiting(const model::AccountId& account, const model::MessageWaiting& waiting) {
  accounts_.report(account, waiting);
}

void Core::remember(const std::string& key, const std::string& value) {
  accounts_.remember(key, value);
}

void Core::notice(const std::string& reason, const std::string& message,
                  const std::string& subject) {
  logger_->warn("event: notice, reason: {}, subject: {}, message: {}", reason, subject, message);
  events_.emit(model::Notice{reason, message, subject});
}

void Core::incoming(const model::LegId& leg, ports::IncomingCall call) {
  const model::Account* account = accounts_.get(call.account);
  if (!account) return;
  calls_.incoming(leg, std::move(call), *signalling_.at(account->protocol));
}

void Core::progress(const model::LegId& leg, const model::BranchId& branch,
                    ports::Progress progress, std::optional<model::SessionDescription> answer) {
  if (CallControl* call = calls_.by_leg(leg))
    call->on_progress(branch, progress, std::move(answer));
}

void Core::accepted(const model::LegId& leg, const model::BranchId& branch,
                    std::optional<model::SessionDescription> answer) {
  if (CallControl* call = calls_.by_leg(leg)) call->on_accepted(branch, std::move(answer));
}

void Core::confirmed(const model::LegId& leg, std::optional<model::SessionDescription> answer) {
  if (CallControl* call = calls_.by_leg(leg)) call->on_confirmed(std::move(answer));
}

void Core::offered(const model::LegId& leg, std::optional<model::SessionDescription> offer) {
  if (CallControl* call = calls_.by_leg(leg)) call->on_offered(std::move(offer));
}

void Core::transport(const model::LegId& leg, size_t stream, model::TransportDescription news) {
  if (CallControl* call = calls_.by_leg(leg)) call->on_transport(stream, news);
}

void Core::answered(const model::LegId& leg, model::SessionDescription answer) {
  if (CallControl* call = calls_.by_leg(leg)) call->on_answered(std::move(answer));
}

void Core::refresh_due(const model::LegId& leg) {
  if (CallControl* call = calls_.by_leg(leg)) call->on_refresh_due();
}

void Core::modify_refused(const model::LegId& leg, bool glare, int sip_code) {
  if (CallControl* call = calls_.by_leg(leg)) call->on_modify_refused(glare, sip_code);
}

void Core::identity(const model::LegId& leg, model::Party remote) {
  if (CallControl* call = calls_.by_leg(leg)) call->on_identity(std::move(remote));
}

void Core::digit(const model::LegId& leg, char digit) {
  if (CallControl* call = calls_.by_leg(leg)) call->on_digit(digit);
}

void Core::transfer_requested(const model::LegId& leg, const std::string& target,
                              const std::string& replaces, const std::string& referred_by) {
  calls_.transfer_requested(leg, target, replaces, referred_by);
}

void Core::transfer_progress(const model::LegId& leg, model::TransferStatus status) {
  if (CallControl* call = calls_.by_leg(leg)) call->on_transfer_progress(std::move(status));
}

void Core::ended(const model::LegId& leg, ports::LegEnd end) {
  if (CallControl* call = calls_.by_leg(leg)) call->on_ended(end);
}

void Core::message_received(ports::IncomingMessage message) {
  messages_.received(std::move(message));
}

void Core::message_report(const ports::MessageReport& report) { messages_.report(report); }

void Core::typing(const ports::TypingNews& news) { messages_.typing(news); }

void Core::roster_report(ports::RosterReport report) { contacts_.report(std::move(report)); }

void Core::presence_report(ports::PresenceReport report) { contacts_.report(std::move(report)); }

void Core::presence_lost(const model::AccountId& account) { contacts_.presence_lost(account); }

void Core::subscription_requested(ports::SubscriptionRequest request) {
  contacts_.report(std::move(request));
}

void Core::room_report(ports::RoomReport report) { rooms_.report(std::move(report)); }

void Core::occupant_report(model::OccupantNews news) { rooms_.report(std::move(news)); }

void Core::room_invitation(ports::InvitationReport report) { rooms_.report(std::move(report)); }

void Core::bookmark_report(ports::BookmarkReport report) { rooms_.report(std::move(report)); }

void Core::block_report(ports::BlockReport report) { contacts_.report(std::move(report)); }

void Core::avatar_report(ports::AvatarReport report) { avatars_.report(report); }

void Core::nickname_report(ports::NicknameReport report) { contacts_.report(report); }

}  // namespace commd::core
