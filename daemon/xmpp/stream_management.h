// Stream management (XEP-0198 1.6): nothing sent is forgotten before the server has
// acknowledged it, and a stream that broke goes on where it was. The state alone: no
// socket, no clock, no timer of its own.
//
// The owner, one for each account:
//   - submits stanzas; takes output() and writes it whenever there is some; says written();
//   - calls handled() for every stanza once it has been dealt with for good;
//   - passes on <r/>, <a/>; keeps one timer for deadline() and calls expired();
//   - saves the state after submit() and before writing, if it is to survive a restart.
//
// A window bounds what is on its way: a slow server gets no more than `bytes_in_flight`
// unacknowledged, the rest waits here. One thread at a time; what comes in is hostile.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/base/time.h"
#include "daemon/xmpp/stanza.h"

namespace commd::xmpp {

enum class StanzaKind : uint8_t {
  message,
  presence,
  iq,
  passing,  // a message that means something now alone: typing, and calls that are proposed
};

struct OutgoingStanza {
  uint64_t tag = 0;  // the caller's name for it
  StanzaKind kind = StanzaKind::message;
  std::string text{};  // XML
  bool tried = false;  // it was on a stream before: it may have arrived
};

struct SmLimits {
  size_t bytes_in_flight = 256 * 1024;
  // Servers bound what they remember of a stream as well; prosody 500 stanzas.
  size_t stanzas_in_flight = 400;
  size_t queued_bytes = 16 * 1024 * 1024;  // all that waits, in flight or not
  uint32_t request_after = 50;             // stanzas sent
  uint32_t answer_after = 100;             // stanzas received, without being asked
  std::chrono::milliseconds request_delay{500};
  std::chrono::milliseconds ack_timeout{15000};
  std::chrono::milliseconds write_timeout{60000};
};

struct SmOutput {
  std::string bytes;
  // Stanzas in `bytes` that no acknowledgement will follow, the server having no stream
  // management: with the write they are done.
  std::vector<uint64_t> unprotected;
};

enum class SmVerdict {
  nothing,  // the timer came too early
  output,   // there is something to write
  dead,     // no answer: the connection is gone; reconnect, then resume
  deaf,     // resumed, but never acknowledged anything since. The stream cannot be resumed
            // any more (prosody 0.12 after a cut inside a stanza): reconnect and bind afresh
};

// What became of the queue when a stream could not be resumed (section 5).
struct SmLoss {
  std::vector<uint64_t> acked;          // reached the server after all
  std::vector<uint64_t> uncertain;      // kept and sent again: may arrive twice
  std::vector<OutgoingStanza> dropped;  // stale: all but messages that last
};

class StreamManagement {
 public:
  explicit StreamManagement(const SmLimits& limits = {}) : limits_(limits) {}

  // ---- the life of a stream ----------------------------------------------------

  static std::string enable_request();
  // <enabled/> for the stream of `jid`: counting begins at zero. Stanzas queued before
  // wait for their turn.
  void enabled(const Element& answer, std::string_view jid);
  // A new stream without stream management.
  void started_without();
  bool active() const { return mode_ == Mode::managed; }

  bool can_resume() const { return !id_.empty(); }
  const std::string& jid() const { return jid_; }
  // Where the server would like to be reached for it: HOST or HOST:PORT; may be empty.
  const std::string& location() const { return location_; }
  std::string resume_request() const;
  // <resumed/>. Gives the tags that were acknowledged; the rest in flight is sent again.
  // Errors: SM_RESUME_INVALID, SM_ACK_TOO_HIGH: the state is of no more use; forget().
  base::Result<std::vector<uint64_t>> resumed(const Element& answer);
  // <failed/>: what the server says it had is acknowledged, messages that last are kept.
  SmLoss resume_failed(const Element& answer);
  // No more resumption of this stream, as after `deaf`. Messages that last are kept.
  SmLoss forget();
  // The tags, other than 0, of the messages in the queue.
  std::set<uint64_t> waiting() const;
  // On a stream that has just begun, not resumed: takes all messages that have a tag other
  // than 0 out of the queue, for the caller to decide of. Gives the tags of those that may have
  // arrived before. Nothing was written on it yet.
  std::vector<uint64_t> withdraw();
  // The connection is gone: timers end. What was in flight stays.
  void disconnected();

  // ---- outwards ----------------------------------------------------------------

  // Errors (resource_exhausted): OUTBOX_FULL.
  base::Result<void> submit(OutgoingStanza stanza);
  // All that may be written now, acknowledgements and requests among it; nothing while
  // there is no stream. To be asked after submit(), acked(), ack_requested(), handled(),
  // and when expired() says so.
  SmOutput output(base::MonoTime now);
  // What output() gave last has left.
  void written(base::MonoTime now);

  // ---- inwards -----------------------------------------------------------------

  // Also after the connection is gone, as long as the stream can be resumed.
  void handled();
  // The last acknowledgement before this end closes the stream; may be empty.
  std::string final_answer() const;
  void ack_requested();  // <r/>
  // <a/>: the tags acknowledged. Errors: SM_ACK_TOO_HIGH, SM_ACK_INVALID; the stream must
  // end with too_high_error().
  base::Result<std::vector<uint64_t>> acked(const Element& ack, base::MonoTime now);
  // For stream_error_text("undefined-condition", ...).
  std::string too_high_error(std::string_view h) const;

  // ---- time --------------------------------------------------------------------

  // Nothing: no timer is needed, everything is acknowledged.
  std::optional<base::MonoTime> deadline() const;
  SmVerdict expired(base::MonoTime now);

  // ---- over restarts -----------------------------------------------------------

  std::string save() const;
  // Errors (invalid_argument): SM_STATE_UNREADABLE for what save() did not write.
  static base::Result<StreamManagement> load(std::string_view bytes, const SmLimits& limits = {});

  size_t queued() const { return queue_.size(); }
  size_t in_flight() const { return in_flight_; }
  size_t bytes_in_flight() const { return bytes_in_flight_; }
  uint32_t handled_count() const { return handled_; }

 private:
  enum class Mode { offline, plain, managed };
  enum class Request { none, due, taken, written };

  bool window_open(size_t size) const;
  void take_stanzas(SmOutput& out);
  void want_ack(base::MonoTime now);
  base::Result<std::vector<uint64_t>> advance(uint32_t h, const Element& from);
  std::vector<uint64_t> drop_front(size_t count);
  void rewind();
  SmLoss settle(std::vector<uint64_t> acknowledged);

  SmLimits limits_;
  // The stream.
  Mode mode_ = Mode::offline;
  std::string id_, jid_, location_;
  uint32_t handled_ = 0;  // inbound stanzas, modulo 2^32
  uint32_t acked_ = 0;    // outbound stanzas, as last acknowledged
  // Unacknowledged, oldest first: `in_flight_` of them sent, the rest waiting.
  std::deque<OutgoingStanza> queue_;
  size_t in_flight_ = 0;
  size_t bytes_in_flight_ = 0;
  size_t queued_bytes_ = 0;
  // The connection.
  Request request_ = Request::none;
  base::MonoTime request_time_{};                    // when it was taken or written
  std::optional<base::MonoTime> unrequested_since_;  // unacknowledged, and not asked about
  uint32_t since_request_ = 0;
  uint32_t since_answer_ = 0;
  bool answer_due_ = false;
  bool resumed_ = false;
  bool heard_ack_ = false;
};

}  // namespace commd::xmpp
