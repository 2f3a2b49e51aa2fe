#include <algorithm>
#include <array>
#include <vector>

#include "daemon/api/convert.h"

namespace commd::api {
namespace {

using S = v1::AccountSettings;

v1::Account::State state_of(model::AccountState state) {
  switch (state) {
    case model::AccountState::disabled:
      return v1::Account::STATE_DISABLED;
    case model::AccountState::connecting:
      return v1::Account::STATE_CONNECTING;
    case model::AccountState::online:
      return v1::Account::STATE_ONLINE;
    case model::AccountState::retrying:
      return v1::Account::STATE_RETRYING;
    case model::AccountState::failed:
      return v1::Account::STATE_FAILED;
  }
  return v1::Account::STATE_UNSPECIFIED;
}

// The enums of the API count from one, with zero as "not said"; ours from zero in
// the same order. These pairs keep them together.
template <class Proto, class Model>
Proto to_enum(Model value) {
  return static_cast<Proto>(static_cast<int>(value) + 1);
}

template <class Model, class Proto>
Model from_enum(Proto value, Model otherwise) {
  const int number = static_cast<int>(value);
  return number == 0 ? otherwise : static_cast<Model>(number - 1);
}

// Both sides name their first values in the same order, see proto/commd/v1.
static_assert(static_cast<int>(model::AutoAnswer::always) + 1 == S::AUTO_ANSWER_ALWAYS);
static_assert(static_cast<int>(model::Encryption::off) + 1 == S::ENCRYPTION_OFF);
static_assert(static_cast<int>(model::AcceptFrom::any) + 1 == S::ACCEPT_FROM_ANY);
static_assert(static_cast<int>(model::Latch::on) + 1 == S::LATCH_ON);
static_assert(static_cast<int>(model::DtmfMethod::info) + 1 == S::DTMF_INFO);
static_assert(static_cast<int>(model::Transfers::refuse) + 1 == S::TRANSFERS_REFUSE);
static_assert(static_cast<int>(model::SipTransport::tls) == S::TRANSPORT_TLS);

std::vector<std::string> list_of(const google::protobuf::RepeatedPtrField<std::string>& list) {
  return {list.begin(), list.end()};
}

void policies_from(const S& in, model::AccountSettings& out) {
  if (in.has_transport()) out.transport = static_cast<model::SipTransport>(in.transport());
  if (in.has_auto_answer()) out.auto_answer = from_enum(in.auto_answer(), out.auto_answer);
  if (in.has_encryption()) out.encryption = from_enum(in.encryption(), out.encryption);
  if (in.has_ice() && in.ice() != S::ICE_UNSPECIFIED)
    out.ice = in.ice() == S::ICE_ON ? model::Toggle::on : model::Toggle::off;
  if (in.has_accept_from()) out.accept_from = from_enum(in.accept_from(), out.accept_from);
  if (in.has_latch()) out.latch = from_enum(in.latch(), out.latch);
  if (in.has_dtmf()) out.dtmf = from_enum(in.dtmf(), out.dtmf);
  if (in.has_transfers()) out.transfers = from_enum(in.transfers(), out.transfers);
}

v1::MessageWaiting::State state_of(model::MailboxState state) {
  switch (state) {
    case model::MailboxState::off:
      break;
    case model::MailboxState::unknown:
      return v1::MessageWaiting::STATE_UNKNOWN;
    case model::MailboxState::known:
      return v1::MessageWaiting::STATE_KNOWN;
    case model::MailboxState::unsupported:
      return v1::MessageWaiting::STATE_UNSUPPORTED;
    case model::MailboxState::refused:
      return v1::MessageWaiting::STATE_REFUSED;
  }
  return v1::MessageWaiting::STATE_UNSPECIFIED;
}

void to_proto(const model::MessageWaiting& in, v1::MessageWaiting* out) {
  out->set_state(state_of(in.state));
  out->set_state_message(in.state_message);
  out->set_waiting(in.waiting);
  out->set_address(in.mailbox);
  for (const model::MessageCount& each : in.counts) {
    if (each.kind != "voice") {
      out->set_other_new(out->other_new() + static_cast<int32_t>(each.fresh));
      continue;
    }
    out->set_voice_new(static_cast<int32_t>(each.fresh));
    out->set_voice_old(static_cast<int32_t>(each.old));
    out->set_voice_urgent(static_cast<int32_t>(each.urgent_fresh));
  }
}

bool is_for_one_call(int field) {
  static constexpr std::array fields = {S::kEncryptionFieldNumber, S::kCodecsFieldNumber,
                                        S::kDtmfFieldNumber,       S::kEarlySendFieldNumber,
                                        S::kHideNumberFieldNumber, S::kLatchFieldNumber};
  return std::find(fields.begin(), fields.end(), field) != fields.end();
}

}  // namespace

v1::Account::Protocol protocol_of(model::Protocol protocol) {
  switch (protocol) {
    case model::Protocol::local:
      return v1::Account::PROTOCOL_LOCAL;
    case model::Protocol::sip:
      return v1::Account::PROTOCOL_SIP;
    case model::Protocol::xmpp:
      return v1::Account::PROTOCOL_XMPP;
    case model::Protocol::xmpp_component:
      return v1::Account::PROTOCOL_XMPP_COMPONENT;
  }
  return v1::Account::PROTOCOL_UNSPECIFIED;
}

void to_proto(const model::AccountSettings& in, v1::AccountSettings* out) {
  out->set_display_name(in.display_name);
  out->set_auth_user(in.auth_user);
  out->set_server(in.server);
  out->set_transport(static_cast<S::Transport>(in.transport));
  out->set_outbound_proxy(in.outbound_proxy);
  out->set_register_(in.register_);
  out->set_register_expiry_s(in.register_expiry_s);
  out->set_keepalive_s(in.keepalive_s);
  out->set_auto_answer(to_enum<S::AutoAnswer>(in.auto_answer));
  out->set_encryption(to_enum<S::Encryption>(in.encryption));
  out->set_ice(in.ice == model::Toggle::on ? S::ICE_ON : S::ICE_OFF);
  for (const std::string& codec : in.codecs) out->add_codecs(codec);
  out->set_accept_from(to_enum<S::AcceptFrom>(in.accept_from));
  out->set_latch(to_enum<S::Latch>(in.latch));
  out->set_relay_only(in.relay_only);
  out->set_stun(in.stun);
  out->set_turn(in.turn);
  out->set_turn_username(in.turn_username);
  out->set_tls_ca_file(in.tls_ca_file);
  out->set_tls_client_certificate(in.tls_client_certificate);
  out->set_early_send(in.early_send);
  out->set_dtmf(to_enum<S::Dtmf>(in.dtmf));
  out->set_default_(in.is_default);
  out->set_do_not_disturb(in.do_not_disturb);
  out->set_call_waiting(in.call_waiting);
  out->set_hide_number(in.hide_number);
  out->set_forward_always(in.forward_always);
  out->set_forward_busy(in.forward_busy);
  out->set_forward_no_answer(in.forward_no_answer);
  out->set_ring_timeout_s(in.ring_timeout_s);
  out->set_session_expires_s(in.session_expires_s);
  for (const std::string& address : in.listen) out->add_listen(address);
  out->set_transfers(to_enum<S::Transfers>(in.transfers));
  out->set_allow_clear_text(in.allow_clear_text);
  out->set_message_waiting(in.message_waiting);
  out->set_publish_presence(in.publish_presence);
  out->set_zrtp(in.zrtp);
}

model::AccountSettings settings_from(const v1::AccountSettings& in) {
  model::AccountSettings out;
  if (in.has_display_name()) out.display_name = in.display_name();
  if (in.has_auth_user()) out.auth_user = in.auth_user();
  if (in.has_server()) out.server = in.server();
  if (in.has_outbound_proxy()) out.outbound_proxy = in.outbound_proxy();
  if (in.has_register_()) out.register_ = in.register_();
  if (in.has_register_expiry_s()) out.register_expiry_s = in.register_expiry_s();
  if (in.has_keepalive_s()) out.keepalive_s = in.keepalive_s();
  policies_from(in, out);
  if (in.codecs_size() > 0) out.codecs = list_of(in.codecs());
  if (in.has_relay_only()) out.relay_only = in.relay_only();
  if (in.has_stun()) out.stun = in.stun();
  if (in.has_turn()) out.turn = in.turn();
  if (in.has_turn_username()) out.turn_username = in.turn_username();
  if (in.has_tls_ca_file()) out.tls_ca_file = in.tls_ca_file();
  if (in.has_tls_client_certificate()) out.tls_client_certificate = in.tls_client_certificate();
  if (in.has_early_send()) out.early_send = in.early_send();
  if (in.has_default_()) out.is_default = in.default_();
  if (in.has_do_not_disturb()) out.do_not_disturb = in.do_not_disturb();
  if (in.has_call_waiting()) out.call_waiting = in.call_waiting();
  if (in.has_hide_number()) out.hide_number = in.hide_number();
  if (in.has_forward_always()) out.forward_always = in.forward_always();
  if (in.has_forward_busy()) out.forward_busy = in.forward_busy();
  if (in.has_forward_no_answer()) out.forward_no_answer = in.forward_no_answer();
  if (in.has_ring_timeout_s()) out.ring_timeout_s = in.ring_timeout_s();
  if (in.has_session_expires_s()) out.session_expires_s = in.session_expires_s();
  if (in.has_message_waiting()) out.message_waiting = in.message_waiting();
  if (in.has_publish_presence()) out.publish_presence = in.publish_presence();
  if (in.has_zrtp()) out.zrtp = in.zrtp();
  out.listen = list_of(in.listen());
  if (in.has_allow_clear_text()) out.allow_clear_text = in.allow_clear_text();
  return out;
}

base::Result<core::CallOverrides> overrides_from(const v1::AccountSettings& in) {
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  in.GetReflection()->ListFields(in, &fields);
  for (const auto* field : fields)
    if (!is_for_one_call(field->number()))
      return base::fail(
          base::invalid_argument("settings." + field->name(),
                                 field->name() + " is a setting of the account, not of one call"));
  const model::AccountSettings said = settings_from(in);
  core::CallOverrides out;
  if (in.has_encryption()) out.encryption = said.encryption;
  if (in.codecs_size() > 0) out.codecs = said.codecs;
  if (in.has_dtmf()) out.dtmf = said.dtmf;
  if (in.has_early_send()) out.early_send = said.early_send;
  if (in.has_hide_number()) out.hide_number = said.hide_number;
  if (in.has_latch()) out.latch = said.latch;
  return out;
}

void to_proto(const model::Account& in, v1::Account* out) {
  out->set_id(in.id.str());
  out->set_address(in.address);
  out->set_protocol(protocol_of(in.protocol));
  out->set_enabled(in.enabled);
  out->set_state(state_of(in.state));
  out->set_state_reason(in.state_reason);
  out->set_state_message(in.state_message);
  set_time(in.state_time, out->mutable_state_time());
  if (in.retry_time != base::WallTime{}) set_time(in.retry_time, out->mutable_retry_time());
  out->set_server_in_use(in.server_in_use);
  out->set_has_password(in.has_password);
  out->set_has_turn_password(in.has_turn_password);
  to_proto(in.settings, out->mutable_settings());
  set_time(in.create_time, out->mutable_create_time());
  if (in.message_waiting.state != model::MailboxState::off)
    to_proto(in.message_waiting, out->mutable_message_waiting());
}

}  // namespace commd::api
