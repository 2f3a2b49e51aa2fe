// A stream that is logged in: reads it, hands out its stanzas, writes what stream management
// lets out, and notices when the server is gone: by the acknowledgements that do not come,
// by a ping after a long silence, by the end of the connection.
//
// XMPP thread. What is called here may end the stream and its owner: nothing of it is
// touched after ended().
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/net/byte_stream.h"
#include "daemon/ports/clock.h"
#include "daemon/ports/timers.h"
#include "daemon/xmpp/jid.h"
#include "daemon/xmpp/stream_error.h"
#include "daemon/xmpp/stream_management.h"
#include "daemon/xmpp/xml_reader.h"

namespace commd::xmpp {

// Why a stream is over.
struct StreamEnd {
  base::Error error;
  Retry retry = Retry::later;
  bool deaf = false;                   // see SmVerdict: it cannot be resumed
  std::string last_words{};            // for close(); empty: there is nobody to hear them
  std::optional<HostPort> other_host;  // the server wants to be reached there
};

class StreamObserver {
 public:
  virtual ~StreamObserver() = default;
  // A stanza of the server, in order. Whoever has dealt with it says so to
  // StreamManagement::handled(), and flush().
  virtual void stanza(Stanza stanza) = 0;
  // Entries of a roster that go before the stanza with the last of them.
  virtual void part(const Stanza&) {}
  // False: as many wait to be dealt with as may. read_on() when that has changed.
  virtual bool may_read() const = 0;
  // Of what was submitted; in order.
  virtual void acknowledged(const std::vector<uint64_t>& tags) = 0;
  virtual void ended(StreamEnd end) = 0;
};

class LiveStream {
 public:
  // After so long without a byte the server is asked whether it lives, and has so long to
  // say anything.
  static constexpr std::chrono::seconds quiet{300};
  static constexpr std::chrono::seconds answer{30};
  // The same when there is a reason to doubt it.
  static constexpr std::chrono::seconds quick_answer{10};

  struct Parts {
    std::unique_ptr<net::ByteStream> stream;
    std::unique_ptr<XmlReader> reader;
    StreamManagement& management;
    ports::Timers& timers;
    const ports::Clock& clock;
    base::Logger log;
    std::string from{};  // of what the stream says by itself; empty: the server knows
  };
  LiveStream(Parts parts, std::string domain, StreamObserver& observer);
  ~LiveStream();

  // Begins with what came before the login was through.
  void begin(std::vector<Stanza> early);
  // Something that is no stanza, and that nobody acknowledges; goes out with the next flush().
  void say(std::string_view words) { aside_ += words; }
  // Something was submitted or handled: writes what may be written.
  void flush();
  void read_on();
  // The network has changed: does the server still answer?
  void probe();
  // Ends it in order, after ended() with its last words, else with "</stream:stream>".
  // Nothing is told any more but `done`, within 1.2 s; it may destroy the stream.
  void close(std::string words, std::function<void()> done);

 private:
  void read();
  void received(base::Result<std::string_view> bytes);
  // False: the stream is over.
  bool take_events();
  bool take(Stanza stanza);
  void write_next();
  void arm_acknowledgement();
  void on_acknowledgement_due();
  void arm_silence();
  void on_silence();
  void ask(std::chrono::seconds patience);
  void say_goodbye();
  void end(StreamEnd end);
  void lost(base::Error error) { end({std::move(error), Retry::later, false, {}, {}}); }

  Parts parts_;
  std::string domain_;
  StreamObserver& observer_;
  bool reading_ = false;
  bool writing_ = false;
  bool over_ = false;
  std::string aside_;
  std::string last_words_;
  std::vector<uint64_t> unprotected_;
  std::optional<base::MonoTime> acknowledgement_due_;
  ports::TimerHandle acknowledgement_timer_;
  base::MonoTime heard_{};
  ports::TimerHandle silence_timer_;
  ports::TimerHandle answer_timer_;
  std::function<void()> closed_;
  ports::TimerHandle close_timer_;
  // Set by the destructor: a callback that led to it must touch nothing any more.
  std::shared_ptr<bool> gone_ = std::make_shared<bool>(false);
};

}  // namespace commd::xmpp
