#include "daemon/sip/name_lookup.h"

#include <arpa/inet.h>
#include <sofia-resolv/sres.h>
#include <sofia-resolv/sres_record.h>
#include <sofia-sip/sresolv.h>
#include <strings.h>

#include <algorithm>
#include <utility>

namespace commd::sip {
namespace {

constexpr size_t max_records = 16;

template <class Address>
std::string literal(int family, const Address& address) {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(family, &address, text, sizeof text);
  return text;
}

void take(const sres_record_t& record, NameAnswer& answer) {
  switch (record.sr_record->r_type) {
    case sres_type_a:
      answer.addresses.push_back(literal(AF_INET, record.sr_a->a_addr));
      break;
    case sres_type_aaaa:
      answer.addresses.push_back(literal(AF_INET6, record.sr_aaaa->aaaa_addr));
      break;
    case sres_type_srv:
      answer.services.push_back({record.sr_srv->srv_priority, record.sr_srv->srv_weight,
                                 record.sr_srv->srv_port, record.sr_srv->srv_target});
      break;
    case sres_type_naptr:
      answer.naptr.push_back({record.sr_naptr->na_services, record.sr_naptr->na_replace});
      break;
    default:
      break;
  }
}

NameAnswer read(RecordType type, sres_record_t* const* records) {
  NameAnswer answer;
  size_t taken = 0;
  for (; records != nullptr && *records != nullptr && taken < max_records; ++records) {
    const uint16_t status = (*records)->sr_record->r_status;
    // Every answer of a server counts, also "no such name"; the library's own errors
    // begin above them, one of which says that the type is missing.
    if (status < SRES_TIMEOUT_ERR || status == SRES_RECORD_ERR)
      answer.answered = answer.answered || (status != SRES_SERVER_ERR && status != SRES_AUTH_ERR);
    if (status != SRES_OK || (*records)->sr_record->r_type != static_cast<uint16_t>(type)) continue;
    take(**records, answer);
    ++taken;
  }
  return answer;
}

}  // namespace

struct NameLookup::Resolver {
  Resolver(su_root_t* root, const std::string& resolv_conf)
      : handle(sres_resolver_create(root, resolv_conf.empty() ? nullptr : resolv_conf.c_str(),
                                    TAG_END())) {}
  ~Resolver() {
    if (handle != nullptr) sres_resolver_destroy(handle);
  }
  sres_resolver_t* handle;
};

struct NameLookup::Question {
  NameLookup* owner;
  RecordType type;
  std::function<void(NameAnswer)> done;
  sres_query_t* query = nullptr;

  static void answered(sres_context_t* context, sres_query_t*, sres_record_t** records) noexcept {
    auto* self = reinterpret_cast<Question*>(context);
    NameLookup& owner = *self->owner;
    NameAnswer answer = read(self->type, records);
    sres_free_answers(owner.resolver_->handle, records);
    auto done = std::move(self->done);
    std::erase_if(owner.questions_, [self](const auto& each) { return each.get() == self; });
    done(std::move(answer));
  }
};

NameLookup::NameLookup(SipThread& thread, std::string resolv_conf)
    : thread_(thread), resolv_conf_(std::move(resolv_conf)) {}

NameLookup::~NameLookup() { cancel(); }

void NameLookup::cancel() {
  for (const auto& question : questions_)
    if (question->query != nullptr) sres_query_bind(question->query, nullptr, nullptr);
  questions_.clear();
}

void NameLookup::ask(RecordType type, const std::string& name,
                     std::function<void(NameAnswer)> done) {
  if (!resolver_) resolver_ = std::make_unique<Resolver>(thread_.root(), resolv_conf_);
  sres_resolver_t* handle = resolver_->handle;
  if (handle == nullptr) return done({});
  const auto number = static_cast<uint16_t>(type);
  if (sres_record_t** cached = sres_cached_answers(handle, number, name.c_str())) {
    NameAnswer answer = read(type, cached);
    sres_free_answers(handle, cached);
    return done(std::move(answer));
  }
  auto question = std::make_unique<Question>(Question{this, type, std::move(done)});
  Question* self = question.get();
  questions_.push_back(std::move(question));
  self->query = sres_query(handle, &Question::answered, reinterpret_cast<sres_context_t*>(self),
                           number, name.c_str());
  if (self->query != nullptr) return;
  // The question could not even be sent.
  auto failed = std::move(self->done);
  std::erase_if(questions_, [self](const auto& each) { return each.get() == self; });
  failed({});
}

}  // namespace commd::sip
