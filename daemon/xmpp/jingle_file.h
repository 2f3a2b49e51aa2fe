// Files in Jingle: what is offered (XEP-0234 0.19, XEP-0300 1.0), and the two transports of its
// bytes (XEP-0261 1.0, XEP-0260 1.0.3). Pure; on the thread of the stanza. What comes in is
// hostile.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/xmpp/jid.h"
#include "daemon/xmpp/stanza.h"

namespace commd::xmpp {

struct JingleFile {
  std::string name;  // safe
  std::string media_type, description;
  uint64_t size = 0;               // 0: not said
  std::string sha256;              // 32 bytes, or empty
  std::optional<uint64_t> offset;  // <range/>: from there on
};

// Of a <description/>. Nothing: it is of something else, or has no file.
std::optional<JingleFile> read_jingle_file(const Element& description);
void write_jingle_file(const JingleFile& file, const MutableElement& content);
// Of a <session-info/> with a <checksum/>; empty: there is none.
std::string read_checksum(const Element& jingle);

struct IbbTransport {
  std::string sid;
  size_t block_size = 0;
};
std::optional<IbbTransport> read_ibb(const Element& transport);
void write_ibb(const IbbTransport& transport, const MutableElement& content);

enum class CandidateType { assisted, direct, proxy, tunnel };

struct S5bCandidate {
  std::string cid;
  std::string host;  // a name or an address
  uint16_t port = 0;
  Jid jid;
  uint32_t priority = 0;
  CandidateType type = CandidateType::direct;
};

// What a transport element of SOCKS5 says; all but the sid may be absent.
struct S5bTransport {
  std::string sid;
  std::vector<S5bCandidate> candidates;  // at most 16
  bool tcp = true;
  std::string used;       // cid
  std::string activated;  // cid
  bool candidate_error = false;
  bool proxy_error = false;
};
std::optional<S5bTransport> read_s5b(const Element& transport);
void write_s5b(const S5bTransport& transport, const MutableElement& content);

// XEP-0065 section 5.3.2: what the SOCKS5 request names. `offerer`: who has the candidate.
std::string s5b_address(const std::string& sid, const Jid& offerer, const Jid& other);

}  // namespace commd::xmpp
