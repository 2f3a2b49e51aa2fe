#include "media/zrtp/messages.h"

#include <array>

namespace commd::zrtp {
namespace {

constexpr size_t mac_size = 8;
constexpr size_t longest_list = 7;
constexpr size_t name_size = 4;
constexpr size_t client_size = 16;

constexpr uint8_t passive_bit = 0x10;
constexpr uint8_t verified_bit = 0x04;
constexpr uint8_t discloses_bit = 0x01;

// Where things are, from the first octet of the message.
namespace hello_at {
constexpr size_t version = 12, client = 16, h3 = 32, zid = 64, flags = 76, lists = 80;
}
namespace commit_at {
constexpr size_t h2 = 12, zid = 44, hash = 56, cipher = 60, tag = 64, agreement = 68, sas = 72,
                 hvi = 76, end = 116;
}
namespace part_at {
constexpr size_t h1 = 12, rs1 = 44, rs2 = 52, aux = 60, pbx = 68, value = 76;
}
namespace confirm_at {
constexpr size_t signature_words = 33, flags = 35, keep = 36, end = 40;
}

std::string_view text_at(View from, size_t at, size_t size) {
  return {reinterpret_cast<const char*>(from.data()) + at, size};
}

template <class T>
void add_if_missing(std::vector<T>& list, T item) {
  if (std::ranges::find(list, item) == list.end()) list.push_back(item);
}

// The known ones of `count` names.
template <class Reader>
auto known_names(View message, size_t at, size_t count, Reader read) {
  std::vector<typename decltype(read(std::string_view()))::value_type> list;
  for (size_t i = 0; i < count; ++i)
    if (const auto one = read(text_at(message, at + i * name_size, name_size)))
      add_if_missing(list, *one);
  return list;
}

template <class List>
void append_names(Bytes& out, const List& list) {
  for (const auto one : list) append(out, view_of(wire_name(one)));
}

}  // namespace

View mac_of(View message) { return message.last(mac_size); }
View under_mac(View message) { return message.first(message.size() - mac_size); }

std::optional<Hello> read_hello(View message) {
  const size_t hashes = message[hello_at::flags + 1] & 0x0F;
  const size_t ciphers = message[hello_at::flags + 2] >> 4;
  const size_t tags = message[hello_at::flags + 2] & 0x0F;
  const size_t agreements = message[hello_at::flags + 3] >> 4;
  const size_t sas = message[hello_at::flags + 3] & 0x0F;
  if (std::max({hashes, ciphers, tags, agreements, sas}) > longest_list) return std::nullopt;
  const size_t names = hashes + ciphers + tags + agreements + sas;
  if (message.size() != hello_at::lists + names * name_size + mac_size) return std::nullopt;
  Hello hello;
  hello.version = text_at(message, hello_at::version, name_size);
  hello.client = text_at(message, hello_at::client, client_size);
  hello.h3 = octets_at<32>(message, hello_at::h3);
  hello.zid = octets_at<12>(message, hello_at::zid);
  hello.passive = (message[hello_at::flags] & passive_bit) != 0;
  size_t at = hello_at::lists + hashes * name_size;
  hello.offered.ciphers = known_names(message, at, ciphers, cipher_of);
  at += ciphers * name_size;
  hello.offered.tags = known_names(message, at, tags, auth_tag_of);
  at += tags * name_size;
  hello.offered.agreements = known_names(message, at, agreements, key_agreement_of);
  add_if_missing(hello.offered.ciphers, Cipher::aes1);
  add_if_missing(hello.offered.tags, AuthTag::hs32);
  add_if_missing(hello.offered.tags, AuthTag::hs80);
  add_if_missing(hello.offered.agreements, KeyAgreement::dh3k);
  return hello;
}

Bytes write_hello(const Hello& hello) {
  const Offered& offered = hello.offered;
  Bytes body;
  append(body, view_of(hello.version));
  std::string client = hello.client;
  client.resize(client_size, ' ');
  append(body, view_of(client));
  append(body, hello.h3);
  append(body, hello.zid);
  body.push_back(hello.passive ? passive_bit : 0);
  body.push_back(1);
  body.push_back(static_cast<uint8_t>(offered.ciphers.size() << 4 | offered.tags.size()));
  body.push_back(static_cast<uint8_t>(offered.agreements.size() << 4 | 1));
  append(body, view_of(hash_wire_name));
  append_names(body, offered.ciphers);
  append_names(body, offered.tags);
  append_names(body, offered.agreements);
  append(body, view_of(sas_wire_name));
  body.resize(body.size() + mac_size);
  return make_message(MessageType::hello, body);
}

std::optional<Commit> read_commit(View message) {
  if (message.size() != commit_at::end) return std::nullopt;
  const auto cipher = cipher_of(text_at(message, commit_at::cipher, name_size));
  const auto tag = auth_tag_of(text_at(message, commit_at::tag, name_size));
  const auto agreement = key_agreement_of(text_at(message, commit_at::agreement, name_size));
  if (!cipher || !tag || !agreement) return std::nullopt;
  if (text_at(message, commit_at::hash, name_size) != hash_wire_name) return std::nullopt;
  if (text_at(message, commit_at::sas, name_size) != sas_wire_name) return std::nullopt;
  Commit commit;
  commit.h2 = octets_at<32>(message, commit_at::h2);
  commit.zid = octets_at<12>(message, commit_at::zid);
  commit.choice = {*cipher, *tag, *agreement};
  commit.hvi = octets_at<32>(message, commit_at::hvi);
  return commit;
}

Bytes write_commit(const Commit& commit) {
  Bytes body;
  append(body, commit.h2);
  append(body, commit.zid);
  append(body, view_of(hash_wire_name));
  append(body, view_of(wire_name(commit.choice.cipher)));
  append(body, view_of(wire_name(commit.choice.tag)));
  append(body, view_of(wire_name(commit.choice.agreement)));
  append(body, view_of(sas_wire_name));
  append(body, commit.hvi);
  body.resize(body.size() + mac_size);
  return make_message(MessageType::commit, body);
}

std::optional<DhPart> read_dh_part(View message, KeyAgreement agreement) {
  const size_t size = public_value_size(agreement);
  if (message.size() != part_at::value + size + mac_size) return std::nullopt;
  DhPart part;
  part.h1 = octets_at<32>(message, part_at::h1);
  part.rs1 = octets_at<8>(message, part_at::rs1);
  part.rs2 = octets_at<8>(message, part_at::rs2);
  part.aux = octets_at<8>(message, part_at::aux);
  part.pbx = octets_at<8>(message, part_at::pbx);
  const View value = message.subspan(part_at::value, size);
  part.public_value.assign(value.begin(), value.end());
  return part;
}

Bytes write_dh_part(MessageType type, const DhPart& part) {
  Bytes body;
  append(body, part.h1);
  for (const SecretId& id : {part.rs1, part.rs2, part.aux, part.pbx}) append(body, id);
  append(body, part.public_value);
  body.resize(body.size() + mac_size);
  return make_message(type, body);
}

std::optional<Confirm> read_confirm(View plain) {
  if (plain.size() < confirm_at::end) return std::nullopt;
  const size_t words = static_cast<size_t>(plain[confirm_at::signature_words] & 1) << 8 |
                       plain[confirm_at::signature_words + 1];
  if (plain.size() != confirm_at::end + words * 4) return std::nullopt;
  Confirm confirm;
  confirm.h0 = octets_at<32>(plain, 0);
  confirm.verified = (plain[confirm_at::flags] & verified_bit) != 0;
  confirm.discloses = (plain[confirm_at::flags] & discloses_bit) != 0;
  confirm.keep_s = u32_at(plain, confirm_at::keep);
  return confirm;
}

SecretBytes write_confirm(const Confirm& confirm) {
  SecretBytes plain(confirm_at::end);
  std::ranges::copy(confirm.h0, plain.fill().begin());
  plain.fill()[confirm_at::flags] = static_cast<uint8_t>((confirm.verified ? verified_bit : 0) |
                                                         (confirm.discloses ? discloses_bit : 0));
  for (size_t i = 0; i < 4; ++i)
    plain.fill()[confirm_at::keep + i] = static_cast<uint8_t>(confirm.keep_s >> (24 - 8 * i));
  return plain;
}

}  // namespace commd::zrtp
