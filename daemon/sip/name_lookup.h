// Asks the name servers, without blocking; answers as values.
//
// The library resolves the addresses of its own requests itself, so that certificates
// are checked against the name asked for; this is for what has to be known before:
// which local address reaches a server, and whether a domain offers TLS.
//
// SIP thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/sip/sip_thread.h"

namespace commd::sip {

enum class RecordType : uint16_t { a = 1, aaaa = 28, srv = 33, naptr = 35 };

struct ServiceRecord {
  uint16_t priority = 0;
  uint16_t weight = 0;
  uint16_t port = 0;
  std::string host;
};

// RFC 3263 section 4.1.
struct NaptrRecord {
  std::string service;      // "SIPS+D2T"
  std::string replacement;  // "_sips._tcp.example.org"
};

struct NameAnswer {
  // There was an answer, if only that there is nothing; else no server answered.
  bool answered = false;
  std::vector<std::string> addresses;  // A, AAAA: literals
  std::vector<ServiceRecord> services;
  std::vector<NaptrRecord> naptr;
};

class NameLookup {
 public:
  // `resolv_conf`: empty = the system's.
  NameLookup(SipThread& thread, std::string resolv_conf);
  // Unanswered questions are forgotten.
  ~NameLookup();
  NameLookup(const NameLookup&) = delete;
  NameLookup& operator=(const NameLookup&) = delete;

  // `done` is called once, inside or later; at most 16 records each.
  void ask(RecordType type, const std::string& name, std::function<void(NameAnswer)> done);
  // Forgets every question; their `done` is not called.
  void cancel();

 private:
  struct Resolver;
  struct Question;
  SipThread& thread_;
  std::string resolv_conf_;
  std::unique_ptr<Resolver> resolver_;  // made when first needed
  std::vector<std::unique_ptr<Question>> questions_;
};

}  // namespace commd::sip
