// Numbers of the RTCP wire format shared by the reader and the builder.
#pragma once

#include <cstddef>
#include <cstdint>

namespace commd::rtp::rtcp_format {

constexpr uint8_t sender_report = 200;
constexpr uint8_t receiver_report = 201;
constexpr uint8_t source_description = 202;
constexpr uint8_t bye = 203;
constexpr uint8_t transport_feedback = 205;
constexpr uint8_t payload_feedback = 206;

constexpr uint8_t generic_nack = 1;      // a transport feedback message type
constexpr uint8_t picture_loss = 1;      // a payload feedback message type
constexpr uint8_t cname_item = 1;        // an SDES item type
constexpr size_t header_size = 4;        // of every packet
constexpr size_t sender_info_size = 20;  // after the SSRC
constexpr size_t report_block_size = 24;
constexpr size_t feedback_head_size = 12;  // header and two SSRCs

}  // namespace commd::rtp::rtcp_format
