// What this daemon remembers of other ends of ZRTP (RFC 6189, section 4.6): the secrets by which
// they are known again, and whether a person has compared the words with them. One record for each
// end, whatever its address or protocol; all of them are one secret among the passwords.
//
// Core thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/base/thread_check.h"
#include "daemon/base/time.h"
#include "daemon/model/zrtp.h"
#include "daemon/ports/clock.h"
#include "daemon/ports/secrets.h"

namespace commd::core {

class ZrtpBook {
 public:
  // Of those that nobody has verified the one not heard of for longest gives way.
  static constexpr size_t most_peers = 500;

  ZrtpBook(ports::Secrets& secrets, const ports::Clock& clock, base::Logger logger);

  // From now on calls want it: read, or begun. What cannot be read is never replaced: a keyring
  // that is locked today is open tomorrow.
  void prepare();
  // At once, or when what was asked for by prepare() has come, or cannot be had.
  void when_read(std::function<void()> go_on);
  // Null until it is there, and then as it is now.
  std::shared_ptr<const model::ZrtpMemory> memory() const;

  // A call with that address has agreed on keys. True: a person must be told that it may be
  // somebody else. The secret that both ends knew is gone; or it is an end that nobody has
  // verified, of a person with whom somebody has compared the words on another one.
  bool learn(const std::string& address, const model::ZrtpAgreement& agreement);
  // Somebody has compared the words with the person of that address.
  bool knows(const std::string& address) const;
  // A person has compared the words of that call, or takes it back.
  void verify(const std::string& address, const model::ZrtpAgreement& agreement, bool verified);

 private:
  struct Record {
    model::ZrtpSecrets secrets;
    base::WallTime expires{};  // epoch 0: never
    base::WallTime heard{};
    std::string person;  // the address without what does not belong to it
  };

  void take(const base::Result<base::Secret>& kept);
  void read(std::string_view text);
  void read_peer(std::string_view line);
  base::Secret written() const;
  void keep(const std::string& address, const model::ZrtpAgreement& agreement, bool verified);
  void make_room();
  void save();
  void refresh();

  ports::Secrets& secrets_;
  const ports::Clock& clock_;
  base::Logger logger_;
  base::ThreadCheck thread_;
  bool wanted_ = false;
  std::vector<std::function<void()>> waiting_;
  std::string zid_;
  std::map<std::string, Record> peers_;
  std::shared_ptr<const model::ZrtpMemory> memory_;
};

}  // namespace commd::core
