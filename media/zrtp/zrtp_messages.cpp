// What becomes of each message that comes (RFC 6189, section 4).
#include <utility>

#include "daemon/base/random.h"
#include "media/zrtp/zrtp_machine.h"

namespace commd::zrtp {
namespace {

constexpr size_t confirm_mac_at = message_header;
constexpr size_t confirm_iv_at = confirm_mac_at + 8;
constexpr size_t confirm_text_at = confirm_iv_at + 16;

bool same(View a, View b) { return std::ranges::equal(a, b); }

HashImage next_image(const HashImage& image) { return sha256({image}); }

bool mac_fits(const HashImage& key, View message) {
  return equal(short_mac(key, under_mac(message)), mac_of(message));
}

}  // namespace

bool ZrtpAssociation::Machine::handle(const Packet& packet, base::MonoTime now) {
  switch (packet.type) {
    case MessageType::hello:
      return on_hello(packet.message, now);
    case MessageType::hello_ack:
      return on_hello_ack(now);
    case MessageType::commit:
      return on_commit(packet.message, now);
    case MessageType::dh_part1:
      return on_part1(packet.message, now);
    case MessageType::dh_part2:
      return on_part2(packet.message);
    case MessageType::confirm1:
      return on_confirm1(packet.message, now);
    case MessageType::confirm2:
      return on_confirm2(packet.message);
    case MessageType::conf2_ack:
      return on_conf2_ack();
    case MessageType::error:
      return on_error(packet.message);
    case MessageType::ping:
      return on_ping(packet);
    case MessageType::error_ack:
    case MessageType::go_clear:  // section 4.7.2: never, since we do not allow it
    case MessageType::clear_ack:
    case MessageType::sas_relay:  // of a trusted one in the middle: nobody is trusted so
    case MessageType::relay_ack:
    case MessageType::ping_ack:
      break;
  }
  return false;
}

bool ZrtpAssociation::Machine::refuse(const char* what) {
  problem_ = what;
  return false;
}

// The last eight octets, which later messages let the far end check.
void ZrtpAssociation::Machine::seal(Bytes& message, size_t image) const {
  std::ranges::copy(short_mac(own_.image(image), under_mac(message)), message.end() - 8);
}

bool ZrtpAssociation::Machine::is_announced(View datagram) const {
  const auto packet = read_packet(datagram);
  return packet && packet->type == MessageType::hello &&
         equal(sha256({packet->message}), expected_);
}

bool ZrtpAssociation::Machine::on_hello(View message, base::MonoTime now) {
  if (peer_) {
    if (!same(message, peer_hello_)) return false;
    send(make_message(MessageType::hello_ack));
    return true;
  }
  if (!equal(sha256({message}), expected_)) {
    strange_hello_ = true;
    return false;
  }
  auto hello = read_hello(message);
  if (!hello) return refuse("its first message is none");
  heard_ = true;
  // Who the signalling announced says it: a stranger's Hello has not got this far.
  if (hello->zid == own_.zid()) {
    fail({base::Code::failed_precondition,
          "ZRTP_SAME_END",
          "the other side has this end's own name in ZRTP: it is another account of this daemon, "
          "or has a copy of its secrets; set zrtp=off for one of the accounts",
          {}});
    return false;
  }
  if (!hello->version.starts_with("1.1")) {
    fail({base::Code::unimplemented,
          "ZRTP_VERSION",
          "the other side speaks another version of ZRTP; set zrtp=off for this account",
          {}});
    return false;
  }
  if (options_.remembered) remembered_ = options_.remembered(hello->zid);
  peer_ = std::move(*hello);
  peer_hello_.assign(message.begin(), message.end());
  awaiting_ = Awaiting::commit;
  // A stranger was faster, no more.
  if (std::exchange(strange_hello_, false)) {
    doubted_ = false;
    give_up_at_ = started_ + options_.patience;
  }
  send(make_message(MessageType::hello_ack));
  if (hello_acked_) return on_hello_ack(now);
  return true;
}

// Both have heard each other: one may commit.
bool ZrtpAssociation::Machine::on_hello_ack(base::MonoTime now) {
  hello_acked_ = true;
  if (awaiting_ != Awaiting::hello && awaiting_ != Awaiting::commit) return true;
  resend_.reset();
  if (awaiting_ == Awaiting::hello || commit_at_) return true;
  const bool waits = options_.manner == ZrtpOptions::Manner::patient && !peer_->passive;
  if (!waits) {
    commit(now);
    return true;
  }
  commit_at_ = now + politeness;
  return true;
}

Bytes ZrtpAssociation::Machine::own_part(MessageType type) const {
  DhPart part;
  part.h1 = own_.image(1);
  name_secrets(remembered_, role_, part);
  part.public_value = pair_->public_value();
  Bytes message = write_dh_part(type, part);
  seal(message, 0);
  return message;
}

void ZrtpAssociation::Machine::commit(base::MonoTime now) {
  commit_at_.reset();
  role_ = Role::initiator;
  choice_ = choose(own_.offered(), peer_->offered);
  pair_ = KeyPair::generate(choice_.agreement, choice_.cipher);
  part2_ = own_part(MessageType::dh_part2);
  Commit commit;
  commit.h2 = own_.image(2);
  commit.zid = own_.zid();
  commit.choice = choice_;
  commit.hvi = sha256({part2_, peer_hello_});
  commit_ = write_commit(commit);
  seal(commit_, 1);
  awaiting_ = Awaiting::part1;
  state = ZrtpState::agreeing;
  send_again(commit_, first_resend, longest_resend, now);
}

// Section 9: the image that a later message shows leads to the one of the Hello, and was the
// key of the Hello's MAC.
bool ZrtpAssociation::Machine::is_peers_chain(const HashImage& h2) const {
  return equal(next_image(h2), peer_->h3) && mac_fits(h2, peer_hello_);
}

// Section 4.2: of two Commits the one with the lower hash goes.
bool ZrtpAssociation::Machine::outbids(const Commit& theirs) const {
  return read_commit(commit_)->hvi > theirs.hvi;
}

bool ZrtpAssociation::Machine::on_commit(View message, base::MonoTime) {
  if (awaiting_ == Awaiting::part2 && same(message, commit_)) {
    send(part1_);
    return true;
  }
  if (!peer_ || (awaiting_ != Awaiting::commit && awaiting_ != Awaiting::part1)) return false;
  const auto theirs = read_commit(message);
  if (!theirs || theirs->zid != peer_->zid) return false;
  if (!is_peers_chain(theirs->h2)) return refuse("a message of another sender came in between");
  if (!allows(own_.offered(), theirs->choice) || !allows(peer_->offered, theirs->choice))
    return refuse("it wants what was not offered");
  if (awaiting_ == Awaiting::part1 && outbids(*theirs)) return true;
  become_responder(*theirs, message);
  return true;
}

void ZrtpAssociation::Machine::become_responder(const Commit& theirs, View message) {
  role_ = Role::responder;
  resend_.reset();
  commit_at_.reset();
  choice_ = theirs.choice;
  peer_h2_ = theirs.h2;
  commit_.assign(message.begin(), message.end());
  pair_ = KeyPair::generate(choice_.agreement, choice_.cipher);
  part1_ = own_part(MessageType::dh_part1);
  awaiting_ = Awaiting::part2;
  state = ZrtpState::agreeing;
  send(part1_);
}

// Both roles: from the far end's public value to the keys.
bool ZrtpAssociation::Machine::take_peer_part(const DhPart& part, View message) {
  const auto result = pair_->agree(part.public_value);
  if (!result) return refuse("its public value is one that gives the keys away");
  peer_h1_ = part.h1;
  shared_ = common_secret(remembered_, role_, part);
  Bytes& theirs = role_ == Role::initiator ? part1_ : part2_;
  theirs.assign(message.begin(), message.end());
  const bool initiator = role_ == Role::initiator;
  Transcript transcript;
  transcript.responder_hello = initiator ? View(peer_hello_) : own_.message();
  transcript.commit = commit_;
  transcript.part1 = part1_;
  transcript.part2 = part2_;
  transcript.initiator = initiator ? own_.zid() : peer_->zid;
  transcript.responder = initiator ? peer_->zid : own_.zid();
  schedule_.emplace(result->reveal(), transcript, shared_);
  pair_.reset();
  return true;
}

bool ZrtpAssociation::Machine::on_part1(View message, base::MonoTime now) {
  if (awaiting_ == Awaiting::confirm1 && same(message, part1_)) return true;
  if (awaiting_ != Awaiting::part1) return false;
  const auto part = read_dh_part(message, choice_.agreement);
  if (!part) return refuse("its public value is of another kind than agreed on");
  if (!is_peers_chain(next_image(part->h1)))
    return refuse("a message of another sender came in between");
  if (!take_peer_part(*part, message)) return false;
  awaiting_ = Awaiting::confirm1;
  send_again(part2_, first_resend, longest_resend, now);
  return true;
}

bool ZrtpAssociation::Machine::on_part2(View message) {
  if (awaiting_ == Awaiting::confirm2 && same(message, part2_)) {
    send(own_confirm_);
    return true;
  }
  if (awaiting_ != Awaiting::part2) return false;
  const auto part = read_dh_part(message, choice_.agreement);
  if (!part) return refuse("its public value is of another kind than agreed on");
  if (!equal(next_image(part->h1), peer_h2_) || !mac_fits(part->h1, commit_))
    return refuse("a message of another sender came in between");
  // What keeps somebody in between from trying values until the words are the same.
  if (!equal(sha256({message, own_.message()}), read_commit(commit_)->hvi))
    return refuse("its public value is not the one that it was committed to");
  if (!take_peer_part(*part, message)) return false;
  own_confirm_ = seal_confirm(MessageType::confirm1);
  awaiting_ = Awaiting::confirm2;
  send(own_confirm_);
  return true;
}

Bytes ZrtpAssociation::Machine::seal_confirm(MessageType type) const {
  Confirm confirm;
  confirm.h0 = own_.image(0);
  confirm.verified = shared_ != nullptr && remembered_.verified;
  const SecretBytes plain = write_confirm(confirm);
  Octets<16> iv{};
  base::random_bytes(iv);
  Bytes text(plain.reveal().size());
  encrypt(schedule_->confirm_key(role_, choice_.cipher).reveal(), iv, plain.reveal(), text);
  Bytes body;
  append(body, short_mac(schedule_->mac_key(role_).reveal(), text));
  append(body, iv);
  append(body, text);
  return make_message(type, body);
}

bool ZrtpAssociation::Machine::open_confirm(View message) {
  const Role sender = other(role_);
  const View text = message.subspan(confirm_text_at);
  const Mac mac = short_mac(schedule_->mac_key(sender).reveal(), text);
  if (!equal(mac, message.subspan(confirm_mac_at, mac.size())))
    return refuse("the two ends have not the same keys");
  SecretBytes plain(text.size());
  decrypt(schedule_->confirm_key(sender, choice_.cipher).reveal(),
          octets_at<16>(message, confirm_iv_at), text, plain.fill());
  const auto confirm = read_confirm(plain.reveal());
  if (!confirm) return refuse("its last message cannot be read");
  const View part = role_ == Role::initiator ? part1_ : part2_;
  if (!equal(next_image(confirm->h0), peer_h1_) || !mac_fits(confirm->h0, part))
    return refuse("a message of another sender came in between");
  said_ = *confirm;
  peer_confirm_.assign(message.begin(), message.end());
  return true;
}

bool ZrtpAssociation::Machine::on_confirm1(View message, base::MonoTime now) {
  if (awaiting_ == Awaiting::conf2_ack && same(message, peer_confirm_)) return true;
  if (awaiting_ != Awaiting::confirm1 || !open_confirm(message)) return false;
  own_confirm_ = seal_confirm(MessageType::confirm2);
  awaiting_ = Awaiting::conf2_ack;
  send_again(own_confirm_, first_resend, longest_resend, now);
  return true;
}

bool ZrtpAssociation::Machine::on_confirm2(View message) {
  if (awaiting_ == Awaiting::nothing && role_ == Role::responder && same(message, peer_confirm_)) {
    send(make_message(MessageType::conf2_ack));
    return true;
  }
  if (awaiting_ != Awaiting::confirm2 || !open_confirm(message)) return false;
  send(make_message(MessageType::conf2_ack));
  finish();
  return true;
}

// Nobody signs it; it says no more than that nothing has to be sent again.
bool ZrtpAssociation::Machine::on_conf2_ack() {
  if (awaiting_ != Awaiting::conf2_ack) return false;
  finish();
  return true;
}

void ZrtpAssociation::Machine::finish() {
  keys = SrtpKeys{schedule_->srtp_key(role_, choice_), schedule_->srtp_key(other(role_), choice_)};
  Outcome made;
  made.sas = schedule_->sas();
  made.peer = peer_->zid;
  made.client = peer_->client;
  made.choice = choice_;
  made.recognised = shared_ != nullptr;
  made.mismatch = !made.recognised && (remembered_.rs1 || remembered_.rs2);
  made.verified = made.recognised && remembered_.verified;
  made.peer_verified = made.recognised && said_.verified;
  made.discloses = said_.discloses;
  made.next.rs1 = schedule_->next_secret();
  if (shared_ != nullptr) made.next.rs2 = *shared_;
  made.next.verified = made.verified;
  made.keep_s = said_.keep_s;
  outcome = std::move(made);
  awaiting_ = Awaiting::nothing;
  resend_.reset();
  schedule_.reset();
  shared_ = nullptr;
  remembered_ = {};
  state = ZrtpState::secured;
}

bool ZrtpAssociation::Machine::on_error(View message) {
  send(make_message(MessageType::error_ack));
  peer_error_ = u32_at(message, message_header);
  return true;
}

// Section 5.16: every end answers.
bool ZrtpAssociation::Machine::on_ping(const Packet& packet) {
  Bytes body;
  append(body, view_of("1.10"));
  append(body, View(own_.zid()).first(8));
  append(body, packet.message.subspan(message_header + 4, 8));
  append_u32(body, packet.ssrc);
  send(make_message(MessageType::ping_ack, body));
  return true;
}

}  // namespace commd::zrtp
