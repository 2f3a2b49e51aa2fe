#include "daemon/core/zrtp_book.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "daemon/base/random.h"

namespace commd::core {
namespace {

constexpr size_t zid_digits = 24;
constexpr size_t secret_octets = 32;
constexpr std::string_view digits = "0123456789abcdef";
constexpr uint32_t for_ever = 0xFFFFFFFF;

// Among the passwords, where no account's own name can be.
model::AccountId secret_name() { return model::AccountId("zrtp peers"); }

std::string person_of(const std::string& address) {
  std::string person = address.substr(0, address.find_first_of(";?/ \t\r\n"));
  std::ranges::transform(person, person.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return person;
}

void append_hex(std::string& out, std::string_view bytes) {
  for (const char byte : bytes) {
    out += digits[static_cast<uint8_t>(byte) >> 4];
    out += digits[static_cast<uint8_t>(byte) & 0x0F];
  }
}

bool is_hex(std::string_view text, size_t size) {
  return text.size() == size && text.find_first_not_of(digits) == std::string_view::npos;
}

// Of lower digits, as they are written here; empty for anything else.
base::Secret secret_from(std::string_view text) {
  if (!is_hex(text, 2 * secret_octets)) return {};
  std::string bytes;
  bytes.reserve(secret_octets);
  for (size_t i = 0; i < text.size(); i += 2)
    bytes += static_cast<char>(digits.find(text[i]) << 4 | digits.find(text[i + 1]));
  return base::Secret::take(bytes);
}

std::string_view next_word(std::string_view& line) {
  const size_t space = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, space);
  line.remove_prefix(std::min(space + 1, line.size()));
  return word;
}

base::WallTime time_from(std::string_view text) {
  long long seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return base::WallTime(std::chrono::seconds(std::max(seconds, 0LL)));
}

std::string text_of(base::WallTime time) {
  return std::to_string(
      std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
}

}  // namespace

ZrtpBook::ZrtpBook(ports::Secrets& secrets, const ports::Clock& clock, base::Logger logger)
    : secrets_(secrets), clock_(clock), logger_(std::move(logger)) {
  thread_.bind();
}

void ZrtpBook::prepare() {
  COMMD_ASSERT_THREAD(thread_);
  if (std::exchange(wanted_, true)) return;
  secrets_.get(secret_name(), [this](const base::Result<base::Secret>& kept) {
    take(kept);
    for (const auto& go_on : std::exchange(waiting_, {})) go_on();
  });
}

void ZrtpBook::when_read(std::function<void()> go_on) {
  COMMD_ASSERT_THREAD(thread_);
  if (!wanted_ || memory_ != nullptr) return go_on();
  waiting_.push_back(std::move(go_on));
}

void ZrtpBook::take(const base::Result<base::Secret>& kept) {
  COMMD_ASSERT_THREAD(thread_);
  if (!kept && kept.error().code != base::Code::not_found) {
    logger_->warn("event: zrtp_memory_unavailable, message: {}", kept.error().message);
    wanted_ = false;  // another time, perhaps
    return;
  }
  if (kept) read(kept->reveal());
  const bool is_new = zid_.empty();
  if (is_new) {
    std::array<uint8_t, zid_digits / 2> bytes{};
    base::random_bytes(bytes);
    append_hex(zid_, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  refresh();
  if (is_new) save();
}

// One line each: "zid ZID", "peer ZID RS1 RS2 VERIFIED EXPIRES HEARD PERSON".
void ZrtpBook::read(std::string_view text) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::string_view kind = next_word(line);
    if (kind == "zid" && is_hex(line, zid_digits)) zid_ = line;
    if (kind == "peer") read_peer(line);
  }
}

void ZrtpBook::read_peer(std::string_view line) {
  const std::string_view zid = next_word(line);
  Record record;
  record.secrets.rs1 = secret_from(next_word(line));
  record.secrets.rs2 = secret_from(next_word(line));
  record.secrets.verified = next_word(line) == "1";
  record.expires = time_from(next_word(line));
  record.heard = time_from(next_word(line));
  record.person = line;
  if (is_hex(zid, zid_digits) && !record.secrets.rs1.empty())
    peers_[std::string(zid)] = std::move(record);
}

base::Secret ZrtpBook::written() const {
  std::string text;
  size_t size = 64;
  for (const auto& [zid, record] : peers_) size += 256 + record.person.size();
  text.reserve(size);  // what it grew out of would be left behind
  text += "zid " + zid_ + "\n";
  for (const auto& [zid, record] : peers_) {
    text += "peer " + zid + ' ';
    append_hex(text, record.secrets.rs1.reveal());
    text += ' ';
    append_hex(text, record.secrets.rs2.reveal());
    text += record.secrets.verified ? " 1 " : " 0 ";
    text += text_of(record.expires) + ' ' + text_of(record.heard) + ' ' + record.person + "\n";
  }
  return base::Secret::take(text);
}

void ZrtpBook::save() {
  secrets_.put(secret_name(), written(), [this](const base::Result<void>& stored) {
    if (!stored) logger_->warn("event: zrtp_memory_not_kept, message: {}", stored.error().message);
  });
}

void ZrtpBook::refresh() {
  const base::WallTime now = clock_.wall_now();
  std::erase_if(peers_, [&](const auto& entry) {
    return entry.second.expires != base::WallTime{} && entry.second.expires <= now;
  });
  auto memory = std::make_shared<model::ZrtpMemory>();
  memory->zid = zid_;
  for (const auto& [zid, record] : peers_) memory->peers.emplace(zid, record.secrets);
  memory_ = std::move(memory);
}

std::shared_ptr<const model::ZrtpMemory> ZrtpBook::memory() const {
  COMMD_ASSERT_THREAD(thread_);
  return memory_;
}

bool ZrtpBook::learn(const std::string& address, const model::ZrtpAgreement& agreement) {
  COMMD_ASSERT_THREAD(thread_);
  const std::string person = person_of(address);
  const bool stranger =
      !agreement.verified && std::any_of(peers_.begin(), peers_.end(), [&](const auto& entry) {
        return entry.second.secrets.verified && entry.second.person == person &&
               entry.first != agreement.peer;
      });
  // Section 4.6.1.1: what is known stays until a person has compared the words.
  if (!agreement.mismatch) keep(address, agreement, agreement.verified);
  return agreement.mismatch || stranger;
}

bool ZrtpBook::knows(const std::string& address) const {
  COMMD_ASSERT_THREAD(thread_);
  return std::any_of(peers_.begin(), peers_.end(),
                     [person = person_of(address)](const auto& entry) {
                       return entry.second.secrets.verified && entry.second.person == person;
                     });
}

void ZrtpBook::verify(const std::string& address, const model::ZrtpAgreement& agreement,
                      bool verified) {
  COMMD_ASSERT_THREAD(thread_);
  if (verified) return keep(address, agreement, true);
  const auto found = peers_.find(agreement.peer);
  if (found == peers_.end()) return;
  found->second.secrets.verified = false;
  refresh();
  save();
}

void ZrtpBook::keep(const std::string& address, const model::ZrtpAgreement& agreement,
                    bool verified) {
  if (memory_ == nullptr) return;
  if (agreement.keep_s == 0) {
    peers_.erase(agreement.peer);
  } else {
    Record& record = peers_[agreement.peer];
    record.secrets = agreement.next;
    record.secrets.verified = verified;
    record.heard = clock_.wall_now();
    record.expires = agreement.keep_s == for_ever
                         ? base::WallTime{}
                         : record.heard + std::chrono::seconds(agreement.keep_s);
    record.person = person_of(address);
  }
  make_room();
  refresh();
  save();
}

void ZrtpBook::make_room() {
  while (peers_.size() > most_peers) {
    const auto less = [](const auto& a, const auto& b) {
      const auto key = [](const Record& record) {
        return std::pair(record.secrets.verified, record.heard);
      };
      return key(a.second) < key(b.second);
    };
    peers_.erase(std::min_element(peers_.begin(), peers_.end(), less));
  }
}

}  // namespace commd::core
