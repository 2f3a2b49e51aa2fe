// The API's words as people say them. Pure functions; any thread.
#pragma once

#include <google/protobuf/descriptor.h>

#include <string>
#include <vector>

#include "clients/commctl/line.h"
#include "commd/v1/account.pb.h"
#include "commd/v1/call.pb.h"
#include "commd/v1/message.pb.h"

namespace commd::commctl {

// "STATE_ACTIVE" of enum State becomes "active", "AUTO_ANSWER_NEVER" "never"; a
// value this client does not know becomes its number.
std::string enum_word(const google::protobuf::EnumDescriptor& type, int value);
// All of them but the unspecified one, in their order.
std::vector<std::string> enum_words(const google::protobuf::EnumDescriptor& type);

std::string word_of(v1::Account::State state);
std::string word_of(v1::Account::Protocol protocol);
std::string word_of(v1::Message::State state);
std::string word_of(v1::Call::State state);
std::string word_of(v1::Call::Direction direction);
Style style_of(v1::Account::State state);
Style style_of(v1::Call::State state);
// Whether people talk in it as far as this side decides: active, not on hold by us.
bool talks(const v1::Call& call);

// The state with what belongs to it: "held by them", "active, muted".
std::string state_text(const v1::Call& call);

// "the far end is busy (486 Busy Here)".
std::string end_text(const v1::Call& call);
// "they ask you to call sip:carol@example.org instead"; empty where nothing is asked.
std::string transfer_request_text(const v1::Call& call);
// "Transfer to sip:carol@example.org: failed (603 Decline)".
std::string transfer_text(const v1::TransferStatus& transfer);

// "Alice <sip:alice@example.org>", or the address alone.
std::string party_text(const v1::Party& party);

// "encrypted (SDES, AES_CM_128_HMAC_SHA1_80), far end not verified".
std::string security_text(const v1::CallSecurity& security);
Style style_of(const v1::CallSecurity& security);

// "opus 48 kHz" of "opus/48000".
std::string codec_text(const std::string& codec);

// "excellent", "good", "fair", "poor", "bad"; empty for 0 (unknown).
std::string mos_word(double mos);

}  // namespace commd::commctl
