// An account: an address, a protocol, settings, a state with a reason. Accounts
// live in the store, never in commd.toml; their passwords only in ports::Secrets.
// Values; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/base/time.h"
#include "daemon/model/ids.h"
#include "daemon/model/message_waiting.h"

namespace commd::model {

// xmpp_component: a service of an XMPP server (XEP-0114), whose address is a domain alone.
enum class Protocol { local, sip, xmpp, xmpp_component };
enum class AccountState { disabled, connecting, online, retrying, failed };
enum class SipTransport { automatic, udp, tcp, tls };
enum class AutoAnswer { never, contacts, always };
enum class Encryption { required, preferred, off };
enum class AcceptFrom { proxy, any };
enum class Latch { automatic, off, on };
enum class DtmfMethod { automatic, rtp, info };
// What happens when the far end of a call asks us to call somebody else.
enum class Transfers { ask, allow, refuse };
enum class Toggle { off, on };

const char* to_string(Protocol value);
const char* to_string(AccountState value);
const char* to_string(SipTransport value);
const char* to_string(Encryption value);

// Every setting carries its default. Lists are in order of preference.
// What is offered unless told otherwise. An account that keeps to it takes every
// other codec we have from a peer that offers nothing better; a list of its own is
// exact.
std::vector<std::string> default_codecs();

struct AccountSettings {
  std::string display_name;
  // Digest or SASL user name where it differs from the address's user.
  std::string auth_user;
  // HOST[:PORT] of the registrar; empty: found by DNS from the address's domain.
  std::string server;
  SipTransport transport = SipTransport::automatic;
  // A SIP URI every request goes through; empty: none.
  std::string outbound_proxy;
  bool register_ = true;
  unsigned register_expiry_s = 600;  // 60..86400
  unsigned keepalive_s = 30;         // 0 = none; CRLF on TCP and TLS, STUN-free CRLF on UDP
  AutoAnswer auto_answer = AutoAnswer::never;
  Encryption encryption = Encryption::preferred;
  Toggle ice = Toggle::off;
  // Names as in SDP, for example "opus", "G722", "PCMA".
  std::vector<std::string> codecs = default_codecs();
  AcceptFrom accept_from = AcceptFrom::proxy;
  Latch latch = Latch::automatic;
  // Media goes through a TURN server alone, so that the far end learns no address of ours.
  bool relay_only = false;
  // See model/ice_server.h: "HOST[:PORT]", and URIs of RFC 7065; several with commas.
  std::string stun;
  std::string turn;
  // What those of `turn` are asked with; the password is among the secrets.
  std::string turn_username;
  // PEM file of the CAs trusted for this account; empty: the system's.
  std::string tls_ca_file;
  // PEM file with certificate and key shown to servers that ask; empty: none.
  std::string tls_client_certificate;
  // Send the microphone before the answer (DESIGN: off).
  bool early_send = false;
  DtmfMethod dtmf = DtmfMethod::automatic;
  bool is_default = false;
  bool do_not_disturb = false;
  bool call_waiting = true;
  // RFC 3323/3325: ask the network to hide who calls.
  bool hide_number = false;
  // Answered by a redirect (302) when set.
  std::string forward_always;
  std::string forward_busy;
  std::string forward_no_answer;
  unsigned ring_timeout_s = 60;       // 10..300; then no_answer, or forward_no_answer
  unsigned session_expires_s = 1800;  // RFC 4028; 0 = off, else 90..86400
  // The local account: further addresses to listen on (IP or IP:PORT).
  std::vector<std::string> listen;
  // A far end that asks to be called elsewhere (REFER) waits for the person.
  Transfers transfers = Transfers::ask;
  // A component's stream may run over a network without TLS.
  bool allow_clear_text = false;
  // SIP: ask the server whether messages wait (RFC 3842).
  bool message_waiting = true;
  // SIP: tell the server whether this person is there (RFC 3903). Who asks this daemon itself
  // is told where he was allowed to be.
  bool publish_presence = true;
  // Where the far end speaks ZRTP, too, it goes before the other ways to agree on keys.
  bool zrtp = false;

  friend bool operator==(const AccountSettings&, const AccountSettings&) = default;
};

struct Account {
  AccountId id;
  std::string address;  // "sip:alice@example.org", "xmpp:alice@example.org", "sip:local@localhost"
  Protocol protocol = Protocol::sip;
  bool enabled = true;
  bool has_password = false;
  AccountSettings settings;
  base::WallTime create_time{};

  // State: never stored.
  AccountState state = AccountState::disabled;
  // Stable UPPER_SNAKE reason of retrying and failed; empty else.
  std::string state_reason;
  // Words for a person, with the remedy.
  std::string state_message;
  // Where it is registered: server name, address, transport; empty when not.
  std::string server_in_use;
  base::WallTime state_time{};
  base::WallTime retry_time{};  // retrying: when the next attempt is due
  MessageWaiting message_waiting;
  // A password for the servers of `turn` is kept. Never stored here.
  bool has_turn_password = false;
  // How far its server's clock is ahead of ours; nothing: it has not said.
  std::optional<std::chrono::seconds> clock_ahead{};

  friend bool operator==(const Account&, const Account&) = default;
};

// Whether its server is on this machine, as a person has said it, or by the name of its domain.
bool server_is_here(const Account& account);

}  // namespace commd::model
