#include "daemon/net/dns_answer.h"

#include <algorithm>
#include <utility>

#include "daemon/net/domain_name.h"

namespace commd::net {
namespace {

constexpr size_t header_size = 12;
constexpr size_t max_records = 64;
constexpr size_t max_aliases = 16;
constexpr size_t max_wire_name = 255;
constexpr int max_pointers = 128;  // no name has more labels
constexpr uint16_t class_in = 1;
constexpr uint16_t type_cname = 5;
// RFC 2181 section 8: a TTL with the top bit is zero. A week is long enough for anyone.
constexpr uint32_t max_ttl = 7 * 24 * 3600;

// A name as text; `usable` is false when it holds other characters than host names do.
struct Name {
  std::string text;
  bool usable = true;
};

class Reader {
 public:
  explicit Reader(std::span<const uint8_t> message) : message_(message) {}

  bool ok() const { return ok_; }
  size_t at() const { return at_; }
  size_t left() const { return message_.size() - at_; }

  uint16_t u16() {
    if (!has(2)) return 0;
    const auto value = static_cast<uint16_t>(message_[at_] << 8 | message_[at_ + 1]);
    at_ += 2;
    return value;
  }
  uint32_t u32() {
    const uint32_t high = u16();
    return high << 16 | u16();
  }
  std::span<const uint8_t> bytes(size_t size) {
    if (!has(size)) return {};
    const auto part = message_.subspan(at_, size);
    at_ += size;
    return part;
  }
  void seek(size_t at) {
    ok_ = ok_ && at <= message_.size();
    if (ok_) at_ = at;
  }

  Name name() {
    Name name;
    size_t resume = 0;  // where the record goes on after the first pointer
    size_t lowest = at_;
    size_t wire = 0;
    int pointers = 0;
    while (has(1)) {
      const uint8_t size = message_[at_];
      if ((size & 0xC0) == 0xC0) {
        const size_t to = u16() & 0x3FFFU;
        if (resume == 0) resume = at_;
        // Strictly backwards: no pointer can lead in a circle.
        if (to >= lowest || ++pointers > max_pointers) return broken();
        lowest = to;
        seek(to);
        continue;
      }
      if ((size & 0xC0) != 0) return broken();
      ++at_;
      wire += 1 + size;
      if (wire > max_wire_name) return broken();
      if (size == 0) {
        if (resume != 0) at_ = resume;
        name.usable = name.usable && (name.text.empty() || is_host_name(name.text));
        return name;
      }
      add_label(name, bytes(size));
    }
    return broken();
  }

 private:
  bool has(size_t size) {
    ok_ = ok_ && left() >= size;
    return ok_;
  }
  Name broken() {
    ok_ = false;
    return {};
  }
  static void add_label(Name& name, std::span<const uint8_t> label) {
    if (!name.text.empty()) name.text += '.';
    for (const uint8_t byte : label) {
      if (byte == '.') name.usable = false;  // not a separator
      name.text += static_cast<char>(byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte);
    }
  }

  std::span<const uint8_t> message_;
  size_t at_ = 0;
  bool ok_ = true;
};

struct Record {
  Name owner;
  uint16_t type = 0;
  uint16_t record_class = 0;
  uint32_t ttl = 0;
  size_t data_at = 0;
  size_t data_size = 0;
};

Record read_record(Reader& reader) {
  Record record;
  record.owner = reader.name();
  record.type = reader.u16();
  record.record_class = reader.u16();
  record.ttl = reader.u32();
  if (record.ttl > 0x7FFFFFFFU) record.ttl = 0;
  record.ttl = std::min(record.ttl, max_ttl);
  record.data_size = reader.u16();
  record.data_at = reader.at();
  reader.bytes(record.data_size);
  return record;
}

// A name inside a record's data; it must end where the data does.
Name data_name(std::span<const uint8_t> message, const Record& record, size_t offset) {
  Reader reader(message);
  reader.seek(record.data_at + offset);
  Name name = reader.name();
  if (!reader.ok() || reader.at() != record.data_at + record.data_size) name.usable = false;
  return name;
}

void take_service(std::span<const uint8_t> message, const Record& record, DnsAnswer& answer) {
  constexpr size_t before_target = 6;
  if (record.data_size <= before_target) return;
  Reader reader(message);
  reader.seek(record.data_at);
  ServiceRecord service;
  service.priority = reader.u16();
  service.weight = reader.u16();
  service.port = reader.u16();
  Name target = data_name(message, record, before_target);
  // A port is of no use without a target, and the other way round.
  if (!target.usable || (service.port == 0 && !target.text.empty())) return;
  service.target = std::move(target.text);
  answer.services.push_back(std::move(service));
}

void take_text(std::span<const uint8_t> data, DnsAnswer& answer) {
  std::string text;
  while (!data.empty()) {
    const size_t size = data[0];
    if (size >= data.size()) return;
    text.append(reinterpret_cast<const char*>(data.data()) + 1, size);
    data = data.subspan(size + 1);
  }
  answer.texts.push_back(std::move(text));
}

void take(std::span<const uint8_t> message, const Record& record, DnsAnswer& answer) {
  const auto data = message.subspan(record.data_at, record.data_size);
  switch (static_cast<RecordType>(record.type)) {
    case RecordType::a:
    case RecordType::aaaa: {
      const size_t size = record.type == static_cast<uint16_t>(RecordType::a) ? 4 : 16;
      if (data.size() == size) answer.addresses.push_back(*IpAddress::of_bytes(data));
      return;
    }
    case RecordType::srv:
      return take_service(message, record, answer);
    case RecordType::txt:
      return take_text(data, answer);
  }
}

// The records of the answer section, of the class and the types that matter.
std::vector<Record> read_section(Reader& reader, unsigned count, uint16_t type) {
  std::vector<Record> records;
  for (unsigned i = 0; i < count && reader.ok(); ++i) {
    Record record = read_record(reader);
    if (!reader.ok() || record.record_class != class_in || !record.owner.usable) continue;
    if (record.type != type && record.type != type_cname) continue;
    if (records.size() < max_records + max_aliases) records.push_back(std::move(record));
  }
  return records;
}

// The name at the end of the chain of aliases that starts at `name`. Each alias counts
// once, so a circle ends too.
std::string follow_aliases(std::span<const uint8_t> message, std::vector<Record>& records,
                           std::string name, uint32_t& ttl) {
  for (size_t step = 0; step < max_aliases; ++step) {
    const auto alias = std::find_if(records.begin(), records.end(), [&](const Record& record) {
      return record.type == type_cname && record.owner.text == name;
    });
    if (alias == records.end()) break;
    const Name target = data_name(message, *alias, 0);
    if (!target.usable || target.text.empty()) break;
    ttl = std::min(ttl, alias->ttl);
    name = target.text;
    records.erase(alias);
  }
  return name;
}

}  // namespace

const char* to_string(RecordType type) {
  switch (type) {
    case RecordType::a:
      return "A";
    case RecordType::aaaa:
      return "AAAA";
    case RecordType::srv:
      return "SRV";
    case RecordType::txt:
      return "TXT";
  }
  return "?";
}

std::optional<DnsAnswer> parse_dns_answer(std::span<const uint8_t> message, RecordType type) {
  constexpr uint16_t is_response = 0x8000;
  if (message.size() < header_size) return std::nullopt;
  Reader reader(message);
  reader.u16();  // the id, which c-ares has checked
  const uint16_t flags = reader.u16();
  const uint16_t questions = reader.u16();
  const uint16_t answers = reader.u16();
  reader.seek(header_size);
  const Name asked = reader.name();
  const uint16_t asked_type = reader.u16();
  reader.u16();
  if (!reader.ok() || (flags & is_response) == 0 || questions != 1 || !asked.usable ||
      asked_type != static_cast<uint16_t>(type))
    return std::nullopt;
  std::vector<Record> records = read_section(reader, answers, static_cast<uint16_t>(type));
  if (!reader.ok()) return std::nullopt;
  DnsAnswer answer;
  uint32_t ttl = max_ttl;
  const std::string name = follow_aliases(message, records, asked.text, ttl);
  size_t taken = 0;
  for (const Record& record : records) {
    if (record.type != static_cast<uint16_t>(type) || record.owner.text != name) continue;
    if (++taken > max_records) break;
    take(message, record, answer);
    ttl = std::min(ttl, record.ttl);
  }
  if (!answer.empty()) answer.ttl = std::chrono::seconds(ttl);
  return answer;
}

}  // namespace commd::net
