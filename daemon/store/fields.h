// Checks at compile time that nothing is forgotten: how many fields a struct has,
// and whether the words of an enum are complete. A field or an enumerator added
// to the model stops the build of this room until it is stored.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>

#include "daemon/model/account.h"
#include "daemon/model/call.h"
#include "daemon/model/message.h"
#include "daemon/model/transfer.h"

namespace commd::store {

struct AnyValue {
  template <class T>
  operator T() const;  // never defined: only asked whether it would compile
};

// The number of fields of an aggregate without base classes.
template <class T, class... Values>
consteval size_t field_count() {
  if constexpr (requires { T{Values{}..., AnyValue{}}; })
    return field_count<T, Values..., AnyValue>();
  else
    return sizeof...(Values);
}

// The words by which an enum is stored, in the order of its values. They are part
// of the file format: never change one, add new ones as the enum grows.
template <class E>
struct Words;

template <>
struct Words<model::Protocol> {
  static constexpr std::array list = {"local", "sip", "xmpp", "xmpp_component"};
};
template <>
struct Words<model::SipTransport> {
  static constexpr std::array list = {"automatic", "udp", "tcp", "tls"};
};
template <>
struct Words<model::AutoAnswer> {
  static constexpr std::array list = {"never", "contacts", "always"};
};
template <>
struct Words<model::Encryption> {
  static constexpr std::array list = {"required", "preferred", "off"};
};
template <>
struct Words<model::AcceptFrom> {
  static constexpr std::array list = {"proxy", "any"};
};
template <>
struct Words<model::Latch> {
  static constexpr std::array list = {"automatic", "off", "on"};
};
template <>
struct Words<model::DtmfMethod> {
  static constexpr std::array list = {"automatic", "rtp", "info"};
};
template <>
struct Words<model::Transfers> {
  static constexpr std::array list = {"ask", "allow", "refuse"};
};
template <>
struct Words<model::Toggle> {
  static constexpr std::array list = {"off", "on"};
};
template <>
struct Words<model::CallDirection> {
  static constexpr std::array list = {"incoming", "outgoing"};
};
template <>
struct Words<model::CallState> {
  static constexpr std::array list = {"dialing", "ringing", "early", "connecting",
                                      "active",  "held",    "ended"};
};
template <>
struct Words<model::EndReason> {
  static constexpr std::array list = {"none",
                                      "hung_up",
                                      "cancelled",
                                      "declined",
                                      "busy",
                                      "no_answer",
                                      "answered_elsewhere",
                                      "not_found",
                                      "unavailable",
                                      "forbidden",
                                      "authentication_failed",
                                      "incompatible_media",
                                      "encryption_required",
                                      "redirected",
                                      "transferred",
                                      "unreachable",
                                      "tls_failed",
                                      "timeout",
                                      "server_error",
                                      "media_failed",
                                      "media_lost",
                                      "limit_reached",
                                      "client_gone",
                                      "account_offline",
                                      "daemon_stopped",
                                      "daemon_restarted",
                                      "protocol_error",
                                      "internal_error"};
};
template <>
struct Words<model::EndedBy> {
  static constexpr std::array list = {"nobody", "local", "remote", "network", "daemon"};
};
template <>
struct Words<model::SecurityLevel> {
  static constexpr std::array list = {"none", "key_exposed", "encrypted", "verified"};
};
template <>
struct Words<model::TransferStatus::State> {
  static constexpr std::array list = {"none", "requested", "accepted", "succeeded", "failed"};
};
template <>
struct Words<model::TransferMethod> {
  static constexpr std::array list = {"undecided", "http", "socks5", "in_band"};
};
template <>
struct Words<model::TransferState> {
  static constexpr std::array list = {"offered", "waiting", "active",   "paused",
                                      "done",    "failed",  "cancelled"};
};
template <>
struct Words<model::MessageDirection> {
  static constexpr std::array list = {"incoming", "outgoing"};
};
template <>
struct Words<model::MessageState> {
  static constexpr std::array list = {"queued", "sent", "delivered", "read", "failed", "received"};
};
template <>
struct Words<model::AmendmentKind> {
  static constexpr std::array list = {"correct", "retract", "react", "displayed"};
};
template <>
struct Words<model::AudioSource::Kind> {
  static constexpr std::array list = {"device", "none", "tone", "file", "echo"};
};
template <>
struct Words<model::AudioSink::Kind> {
  static constexpr std::array list = {"device", "none", "file", "echo"};
};

// Whether `Value` is one of its enum's named values: g++ and clang print a value
// without a name as a cast.
template <auto Value>
consteval bool is_named() {
  return std::string_view(__PRETTY_FUNCTION__).find("Value = (") == std::string_view::npos;
}

template <class E>
consteval bool words_complete() {
  constexpr size_t size = Words<E>::list.size();
  return is_named<static_cast<E>(size - 1)>() && !is_named<static_cast<E>(size)>();
}

template <class E>
std::string_view to_word(E value) {
  static_assert(words_complete<E>(), "the enum has values without a word");
  return Words<E>::list.at(static_cast<size_t>(value));
}

// Nothing for a word that this version does not know.
template <class E>
std::optional<E> from_word(std::string_view word) {
  static_assert(words_complete<E>(), "the enum has values without a word");
  for (size_t i = 0; i < Words<E>::list.size(); ++i)
    if (word == Words<E>::list[i]) return static_cast<E>(i);
  return std::nullopt;
}

}  // namespace commd::store
