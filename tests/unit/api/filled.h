// Values of the model with every field set: each text is the name of the field of the
// API it belongs in, so that what is swapped is seen. Who adds a field fills it here.
#pragma once

#include "daemon/core/call_book.h"
#include "daemon/model/account.h"
#include "daemon/model/call.h"
#include "daemon/model/contact.h"
#include "daemon/model/device.h"
#include "daemon/model/media_stats.h"
#include "daemon/model/message.h"
#include "daemon/model/presence.h"
#include "daemon/model/room.h"
#include "daemon/model/transfer.h"
#include "tests/unit/api/shape.h"

namespace commd::api {

using test::field_count;

inline base::WallTime at(int seconds) { return base::WallTime{std::chrono::seconds(seconds)}; }

inline model::AccountSettings filled_settings() {
  static_assert(field_count<model::AccountSettings>() == 37, "fill the new field, then count it");
  model::AccountSettings s;
  s.display_name = "display_name";
  s.auth_user = "auth_user";
  s.server = "server";
  s.transport = model::SipTransport::tls;
  s.outbound_proxy = "outbound_proxy";
  s.register_ = false;
  s.register_expiry_s = 101;
  s.keepalive_s = 102;
  s.auto_answer = model::AutoAnswer::always;
  s.encryption = model::Encryption::required;
  s.ice = model::Toggle::on;
  s.codecs = {"codecs"};
  s.accept_from = model::AcceptFrom::any;
  s.latch = model::Latch::on;
  s.relay_only = true;
  s.stun = "stun";
  s.turn = "turn";
  s.turn_username = "turn_username";
  s.tls_ca_file = "tls_ca_file";
  s.tls_client_certificate = "tls_client_certificate";
  s.early_send = true;
  s.dtmf = model::DtmfMethod::info;
  s.is_default = true;
  s.do_not_disturb = true;
  s.call_waiting = false;
  s.hide_number = true;
  s.forward_always = "forward_always";
  s.forward_busy = "forward_busy";
  s.forward_no_answer = "forward_no_answer";
  s.ring_timeout_s = 103;
  s.session_expires_s = 104;
  s.listen = {"listen"};
  s.transfers = model::Transfers::refuse;
  s.allow_clear_text = true;
  s.message_waiting = false;
  s.publish_presence = false;
  s.zrtp = true;
  return s;
}

inline model::Account filled_account() {
  static_assert(field_count<model::Account>() == 16, "fill the new field, then count it");
  model::Account a;
  a.id = model::AccountId("id");
  a.address = "address";
  a.protocol = model::Protocol::xmpp;
  a.enabled = true;
  a.has_password = true;
  a.has_turn_password = true;
  a.settings = filled_settings();
  a.create_time = at(1);
  a.state = model::AccountState::retrying;
  a.state_reason = "state_reason";
  a.state_message = "state_message";
  a.server_in_use = "server_in_use";
  a.state_time = at(2);
  a.retry_time = at(3);
  static_assert(field_count<model::MessageWaiting>() == 5);
  a.message_waiting = {model::MailboxState::known,
                       "message_waiting.state_message",
                       true,
                       "message_waiting.address",
                       {{"voice", 11, 12, 3, 4}, {"fax", 5, 6, 0, 0}, {"text", 1, 0, 0, 0}}};
  return a;
}

inline model::Call filled_call() {
  static_assert(field_count<model::Call>() == 31, "fill the new field, then count it");
  static_assert(field_count<model::Party>() == 2 && field_count<model::EndDetail>() == 3);
  static_assert(field_count<model::CallSecurity>() == 7 &&
                field_count<model::TransferStatus>() == 4 &&
                field_count<model::TransferRequest>() == 3);
  model::Call c;
  c.id = model::CallId("id");
  c.account = model::AccountId("account");
  c.direction = model::CallDirection::outgoing;
  c.state = model::CallState::ended;
  c.remote = {"remote.address", "remote.display_name"};
  c.local = {"local.address", "local.display_name"};
  c.diverted_by = "diverted_by";
  c.referred_by = "referred_by";
  c.create_time = at(1);
  c.answer_time = at(2);
  c.end_time = at(3);
  c.end_reason = model::EndReason::busy;
  c.ended_by = model::EndedBy::remote;
  c.end_detail = {486, "end_jingle_reason", "end_text"};
  c.missed = true;
  c.held_local = true;
  c.held_remote = true;
  c.muted = true;
  c.recording = true;
  c.playing = true;
  c.early_media = true;  // seen as STATE_EARLY
  c.codec = "codec";
  c.security = {model::SecurityLevel::verified,
                "security.mechanism",
                "security.suite",
                "security.sas",
                true,
                true,
                true};
  c.transfer = {model::TransferStatus::State::failed, "transfer.target", 503, "transfer.text"};
  c.transfer_request = {"transfer_request.target", "transfer_request.referred_by", at(4)};
  c.waiting = true;
  c.capture = {model::AudioSource::Kind::device, 0, "capture", false};
  c.playback = {model::AudioSink::Kind::device, "playback"};
  c.owned = true;
  c.successor = model::CallId("successor");
  c.request_id = "request_id";  // the client's own, not shown
  return c;
}

inline model::StreamStats filled_stream(const std::string& name, unsigned from) {
  static_assert(field_count<model::StreamStats>() == 8, "fill the new field, then count it");
  return {from + 1,   from + 2,    from + 3,        from + 0.25,
          from + 0.5, from + 0.75, name + ".codec", from + 4};
}

inline core::CallStatsOf filled_stats() {
  static_assert(field_count<model::MediaStats>() == 18, "fill the new field, then count it");
  static_assert(field_count<core::CallStatsOf>() == 3, "fill the new field, then count it");
  model::MediaStats s;
  s.sent = filled_stream("sent", 100);
  s.received = filled_stream("received", 200);
  s.packets_late = 1;
  s.packets_duplicate = 2;
  s.packets_rejected = 3;
  s.frames_concealed = 4;
  s.frames_played = 5;
  s.jitter_buffer_ms = 6;
  s.round_trip_ms = 7;
  s.mouth_to_ear_ms = 8;
  s.mos = 4.25;
  s.local_address = "local_address";
  s.remote_address = "remote_address";
  s.security = {model::SecurityLevel::encrypted,
                "security.mechanism",
                "security.suite",
                "security.sas",
                true,
                true,
                true};
  s.since_last_packet = std::chrono::milliseconds(1250);
  static_assert(field_count<model::MediaPath>() == 4);
  s.lost = true;
  s.path = {"path.local_type", "path.remote_type", "path.transport", "path.relay_transport"};
  return {model::CallId("call"), std::chrono::milliseconds(2500), s};
}

inline model::Attachment filled_attachment() {
  static_assert(field_count<model::Attachment>() == 6, "fill the new field, then count it");
  return {"attachment.url",         "attachment.name",    "attachment.media_type", 5,
          "attachment.description", "attachment.transfer"};
}

inline model::FileTransfer filled_transfer() {
  static_assert(field_count<model::FileTransfer>() == 22, "fill the new field, then count it");
  model::FileTransfer t;
  t.id = model::TransferId("id");
  t.account = model::AccountId("account");
  t.peer = "peer";
  t.direction = model::MessageDirection::outgoing;
  t.method = model::TransferMethod::http;
  t.state = model::TransferState::paused;
  t.name = "name";
  t.size = 101;
  t.transferred = 102;
  t.media_type = "media_type";
  t.description = "description";
  t.path = "path";
  t.part = "not told";
  t.url = "url";
  t.etag = "not told";
  t.sha256 = "sha256";
  t.message = model::MessageId("message");
  t.fail_reason = "fail_reason";
  t.fail_message = "fail_message";
  t.create_time = at(1);
  t.state_time = at(2);
  t.request_id = "not told";
  return t;
}

inline model::Message filled_message() {
  static_assert(field_count<model::Message>() == 24, "fill the new field, then count it");
  model::Message m;
  m.id = model::MessageId("id");
  m.account = model::AccountId("account");
  m.peer = "peer";
  m.sender = "sender";
  m.direction = model::MessageDirection::incoming;
  m.state = model::MessageState::received;
  m.text = "text";
  m.time = at(1);
  m.state_time = at(2);
  m.remote_id = "not told";
  m.fingerprint = "not told";
  m.fail_reason = "fail_reason";
  m.fail_message = "fail_message";
  m.request_id = "not told";
  static_assert(field_count<model::Reply>() == 4, "fill the new field, then count it");
  m.reply = {model::MessageId("reply_to"), "not told", true, "not told"};
  m.edit_time = at(3);
  m.retracted = true;
  m.markable = true;  // not told
  static_assert(field_count<model::Reaction>() == 3, "fill the new field, then count it");
  m.reactions = {{"sender", {"one", "two"}, "not told"}};
  m.mentioned = true;
  m.room_id = "not told";
  m.occupant = "not told";  // but that there is one
  m.local = "local";
  m.attachment = filled_attachment();
  return m;
}

inline model::Presence filled_presence(const std::string& status, int since) {
  static_assert(field_count<model::Presence>() == 3, "fill the new field, then count it");
  return {model::Availability::away, status, at(since)};
}

inline model::OwnPresence filled_own_presence() {
  static_assert(field_count<model::OwnPresence>() == 2, "fill the new field, then count it");
  return {model::AccountId("account"), filled_presence("presence.status", 1)};
}

inline model::Resource filled_resource() {
  static_assert(field_count<model::Resource>() == 6, "fill the new field, then count it");
  return {"resource", filled_presence("presence.status", 2), 7, at(3), "client", "client_type"};
}

// Its id is the account's and the address.
inline model::Contact filled_contact() {
  static_assert(field_count<model::Contact>() == 15, "fill the new field, then count it");
  model::Contact c;
  c.account = model::AccountId("account");
  c.address = "address";
  c.name = "name";
  c.nickname = "nickname";
  c.groups = {"groups"};
  c.subscription = model::Subscription::both;
  c.asked = true;
  c.asks = true;
  c.asks_text = "asks_text";
  c.blocked = true;
  c.listed = true;
  c.presence = filled_presence("presence.status", 4);
  c.resources = {filled_resource()};
  c.avatar_path = "avatar_path";
  c.avatar_hash = "avatar_hash";
  return c;
}

inline model::Person filled_person() {
  static_assert(field_count<model::Person>() == 7, "fill the new field, then count it");
  static_assert(field_count<model::PersonAddress>() == 2, "fill the new field, then count it");
  return {model::PersonId("id"),
          "name",
          {{"addresses.address", "addresses.label"}},
          "organization",
          "note",
          at(1),
          at(2)};
}
// Joined; its id is the account's and the address.
inline model::Room filled_room() {
  static_assert(field_count<model::Room>() == 18, "fill the new field, then count it");
  static_assert(field_count<model::RoomTraits>() == 8, "fill the new field, then count it");
  static_assert(field_count<model::Invitation>() == 3, "fill the new field, then count it");
  model::Room r;
  r.account = model::AccountId("account");
  r.address = "address";
  r.name = "name";
  r.traits = {"not told", "description", true, true, true, true, true, true};
  r.state = model::RoomState::joined;
  r.state_reason = "state_reason";
  r.state_message = "state_message";
  r.nick = "nick";
  r.subject = "subject";
  r.subject_by = "subject_by";
  r.affiliation = model::Affiliation::owner;
  r.role = model::RoomRole::moderator;
  r.occupants = 11;
  r.invitation = {"invitation.inviter", "invitation.text", at(1)};
  r.bookmarked = r.autojoin = true;
  r.unread = 12;
  r.unread_mentions = 13;
  return r;
}

inline model::OccupantNews filled_occupant_news() {
  static_assert(field_count<model::OccupantNews>() == 8, "fill the new field, then count it");
  static_assert(field_count<model::Occupant>() == 6, "fill the new field, then count it");
  return {model::AccountId("account"),
          "address",
          {"occupant.nick", "occupant.address", model::Affiliation::admin,
           model::RoomRole::participant, filled_presence("occupant.presence.status", 5), true},
          model::OccupantChange::renamed,
          "new_nick",
          "by",
          "text",
          7};
}

inline model::Device filled_device() {
  static_assert(field_count<model::Device>() == 5, "fill the new field, then count it");
  return {"id", "description", model::Device::Kind::playback, true, true};
}

}  // namespace commd::api
