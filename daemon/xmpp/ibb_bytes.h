// The bytes of a file within the account's own stream (XEP-0047 2.0): blocks in base64, each
// acknowledged when it is on disk at the other end.
//
// XMPP thread. What comes in is hostile.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "daemon/xmpp/file_bytes.h"
#include "daemon/xmpp/iq_requests.h"
#include "daemon/xmpp/jingle_file.h"
#include "daemon/xmpp/stanza_error.h"

namespace commd::xmpp {

class IbbBytes final : public FileBytes {
 public:
  static constexpr size_t usual_block = 16384;
  static constexpr size_t smallest_block = 512;
  // Blocks on their way at once: less than the stream's own window.
  static constexpr unsigned most_in_flight = 8;
  // Of what came and is not on disk; who sends more does not wait for answers.
  static constexpr size_t most_waiting = 1 << 20;
  static constexpr size_t most_blocks = 256;

  enum class Opener { here, there };  // who began the session opens it
  struct Parts {
    Jid peer;
    IbbTransport transport;
    Opener opener = Opener::here;
    IqRequests& requests;                      // outlives it
    std::function<void(const Stanza&)> reply;  // results and errors
  };
  IbbBytes(Parts parts, Told told);
  ~IbbBytes() override;

  // The far end has agreed. May call back inside.
  void open();
  model::TransferMethod method() const override { return model::TransferMethod::in_band; }
  void send(std::string bytes, Then more) override;
  void finish(Then done) override;
  bool take_iq(const Element& iq) override;

 private:
  void ask(const Stanza& iq, std::function<void(const base::Result<Element>&)> then);
  void send_blocks();
  void acknowledged(const base::Result<Element>& answer);
  void take_open(const Element& iq, const Element& open);
  void take_data(const Element& iq, const Element& data);
  void give();
  void refuse(const Element& iq, Condition condition);
  void end(base::Result<void> result);

  Parts parts_;
  Told told_;
  bool open_ = false;
  bool ended_ = false;
  std::string waiting_;
  Then more_, done_;
  unsigned in_flight_ = 0;
  uint16_t out_ = 0, in_ = 0;  // numbers of the next blocks
  struct Block {
    std::string bytes;
    Stanza result;
  };
  std::deque<Block> came_;  // the first is on its way to the disk
  size_t came_bytes_ = 0;
  bool closed_ = false;  // there
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace commd::xmpp
