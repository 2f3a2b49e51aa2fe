// What this daemon remembers of other ends of ZRTP (RFC 6189, section 4.6): the secrets by which
// they are known again, and with whom a person has compared the words. One record for each end,
// whatever its address or protocol; all of them are one secret among the passwords. That words were
// compared is said of an end and of the addresses it had then: at another address it is shown as
// whom it was.
//
// Core thread only.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/base/error.h"
#include "daemon/base/log.h"
#include "daemon/base/thread_check.h"
#include "daemon/base/time.h"
#include "daemon/model/zrtp.h"
#include "daemon/ports/clock.h"
#include "daemon/ports/secrets.h"
#include "daemon/ports/timers.h"

namespace commd::core {

class ZrtpBook {
 public:
  // Of those that nobody has verified the one not heard of for longest gives way.
  static constexpr size_t most_peers = 500;

  // Who waits for it waits no longer.
  static constexpr std::chrono::seconds patience{2};

  // `tell` gets what a person must know: ZRTP_MEMORY_NOT_KEPT, ZRTP_MEMORY_LOST.
  using Tell = std::function<void(const base::Error&)>;
  ZrtpBook(ports::Secrets& secrets, const ports::Clock& clock, ports::Timers& timers, Tell tell,
           base::Logger logger);

  // There was one when this daemon ran before.
  void expect_one() { existed_ = true; }
  // Called when there is one for the first time.
  void set_began(std::function<void()> began) { began_ = std::move(began); }
  // From now on calls want it: read, or begun. What cannot be read is never replaced: a keyring
  // that is locked today is open tomorrow, and is asked again with the next call.
  void prepare();
  // At once, or when what was asked for by prepare() has come, or does not come.
  void when_read(std::function<void()> go_on);
  // Null until it is there, and then as it is now.
  std::shared_ptr<const model::ZrtpMemory> memory() const;

  // Who is at the other end of a call, as far as is known.
  struct Known {
    bool verified = false;  // somebody has compared the words with that end
    // A person must be told that it may be somebody else: the secret that both ends knew is gone;
    // or it is another end than those with whom somebody has compared the words, at an address of
    // theirs.
    bool mismatch = false;
    // Verified at other addresses than this one: the first of them.
    std::string known_as;
    bool kept = false;    // its new secret is
    bool is_new = false;  // nothing was known of it
  };
  // A call with that address has agreed on keys. `agreement` may be of a session that began before
  // what is known now: this is judged by what is known now. Section 4.6.1.1: after a mismatch
  // nothing is kept before a person has compared the words.
  Known learn(const std::string& address, const model::ZrtpAgreement& agreement);
  // Nothing came of it: another end of the same call has taken its place.
  void forget_unverified(const std::string& peer);
  // Somebody has compared the words with the person of that address.
  bool knows(const std::string& address) const;
  // A person has compared the words of that call, of which learn() has said that it is `kept`; or
  // takes it back, also what a mismatch had replaced.
  void verify(const std::string& address, const model::ZrtpAgreement& agreement, bool kept,
              bool verified);

 private:
  struct Record {
    model::ZrtpSecrets secrets;
    base::WallTime expires{};  // epoch 0: never
    base::WallTime heard{};
    // Addresses without what does not belong to them, with a blank between: where it was verified,
    // else where it was last.
    std::string persons;

    bool is_at(const std::string& person) const;
    void add(const std::string& person);
  };

  void take(const base::Result<base::Secret>& kept);
  void read(std::string_view text);
  void read_peer(std::string_view line);
  base::Secret written() const;
  void keep(const std::string& person, const model::ZrtpAgreement& agreement);
  bool knows_other(const std::string& person, const std::string& peer) const;
  void make_room();
  void save();
  void refresh();

  ports::Secrets& secrets_;
  const ports::Clock& clock_;
  ports::Timers& timers_;
  Tell tell_;
  base::Logger logger_;
  base::ThreadCheck thread_;
  bool wanted_ = false;
  bool existed_ = false;
  bool trouble_told_ = false;
  std::function<void()> began_;
  std::vector<std::function<void()>> waiting_;
  ports::TimerHandle waits_;
  std::string zid_;
  std::map<std::string, Record> peers_;
  std::map<std::string, Record> replaced_;  // by a person's word, until that end is heard again
  std::shared_ptr<const model::ZrtpMemory> memory_;
};

}  // namespace commd::core
