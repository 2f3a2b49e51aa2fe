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

constexpr size_t longest_person = 256;   // bytes
constexpr size_t longest_persons = 384;  // of one end

// Whoever answers at another port of that host, or over TLS, is the same person.
std::string person_of(const std::string& address) {
  std::string person = address.substr(0, address.find_first_of(";?/ \t\r\n"));
  std::ranges::transform(person, person.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (person.starts_with("sips:")) person.erase(3, 1);
  const size_t port = person.find_last_not_of("0123456789");
  if (port != std::string::npos && port + 1 < person.size() && person[port] == ':' &&
      person.find('@') < port)
    person.resize(port);
  if (person.size() > longest_person) person.resize(longest_person);
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

// Both ends knew one of our secrets.
bool shares(const model::ZrtpSecrets& ours, const model::ZrtpAgreement& agreement) {
  const std::string_view shared = agreement.next.rs2.reveal();
  return !shared.empty() && (shared == ours.rs1.reveal() || shared == ours.rs2.reveal());
}

std::string text_of(base::WallTime time) {
  return std::to_string(
      std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
}

}  // namespace

ZrtpBook::ZrtpBook(ports::Secrets& secrets, const ports::Clock& clock, ports::Timers& timers,
                   Tell tell, base::Logger logger)
    : secrets_(secrets),
      clock_(clock),
      timers_(timers),
      tell_(std::move(tell)),
      logger_(std::move(logger)) {
  thread_.bind();
}

void ZrtpBook::prepare() {
  COMMD_ASSERT_THREAD(thread_);
  if (std::exchange(wanted_, true)) return;
  secrets_.get(secret_name(), [this](const base::Result<base::Secret>& kept) {
    take(kept);
    waits_.reset();
    for (const auto& go_on : std::exchange(waiting_, {})) go_on();
  });
}

void ZrtpBook::when_read(std::function<void()> go_on) {
  COMMD_ASSERT_THREAD(thread_);
  if (!wanted_ || memory_ != nullptr) return go_on();
  waiting_.push_back(std::move(go_on));
  if (waiting_.size() > 1) return;
  waits_ = timers_.after(patience, [this] {
    for (const auto& late : std::exchange(waiting_, {})) late();
  });
}

void ZrtpBook::take(const base::Result<base::Secret>& kept) {
  COMMD_ASSERT_THREAD(thread_);
  if (!kept && kept.error().code != base::Code::not_found) {
    logger_->warn("event: zrtp_memory_unavailable, message: {}", kept.error().message);
    wanted_ = false;  // with the next call, perhaps
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
  if (is_new && existed_)
    tell_({base::Code::unavailable,
           "ZRTP_MEMORY_LOST",
           "what was known of the other ends of ZRTP is gone, or is in a keyring that cannot be "
           "reached: nobody is known, and others will be told that this end may be another. "
           "Compare the words again",
           {}});
  if (!std::exchange(existed_, true) && began_) began_();
}

bool ZrtpBook::Record::is_at(const std::string& person) const {
  return (" " + persons + " ").find(" " + person + " ") != std::string::npos;
}

// The oldest goes first where there are too many.
void ZrtpBook::Record::add(const std::string& person) {
  if (is_at(person)) return;
  persons += (persons.empty() ? "" : " ") + person;
  while (persons.size() > longest_persons) persons.erase(0, persons.find(' ') + 1);
}

// One line each: "zid ZID", "peer ZID RS1 RS2 VERIFIED EXPIRES HEARD PERSON...".
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
  record.persons = line.substr(0, longest_persons);
  if (is_hex(zid, zid_digits) && !record.secrets.rs1.empty())
    peers_[std::string(zid)] = std::move(record);
}

base::Secret ZrtpBook::written() const {
  std::string text;
  size_t size = 64;
  for (const auto& [zid, record] : peers_) size += 256 + record.persons.size();
  text.reserve(size);  // what it grew out of would be left behind
  text += "zid " + zid_ + "\n";
  for (const auto& [zid, record] : peers_) {
    text += "peer " + zid + ' ';
    append_hex(text, record.secrets.rs1.reveal());
    text += ' ';
    append_hex(text, record.secrets.rs2.reveal());
    text += record.secrets.verified ? " 1 " : " 0 ";
    text += text_of(record.expires) + ' ' + text_of(record.heard) + ' ' + record.persons + "\n";
  }
  return base::Secret::take(text);
}

void ZrtpBook::save() {
  secrets_.put(secret_name(), written(), [this](const base::Result<void>& stored) {
    if (stored) {
      trouble_told_ = false;
      return;
    }
    logger_->warn("event: zrtp_memory_not_kept, message: {}", stored.error().message);
    if (std::exchange(trouble_told_, true)) return;
    tell_({base::Code::unavailable,
           "ZRTP_MEMORY_NOT_KEPT",
           "what is known of the other ends of ZRTP cannot be kept (" + stored.error().message +
               "): after a restart they will seem to be others",
           {}});
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

bool ZrtpBook::knows_other(const std::string& person, const std::string& peer) const {
  return std::ranges::any_of(peers_, [&](const auto& entry) {
    const Record& record = entry.second;
    return record.secrets.verified && entry.first != peer && record.is_at(person);
  });
}

ZrtpBook::Known ZrtpBook::learn(const std::string& address, const model::ZrtpAgreement& agreement) {
  COMMD_ASSERT_THREAD(thread_);
  const std::string person = person_of(address);
  const auto found = peers_.find(agreement.peer);
  const bool is_known = found != peers_.end();
  replaced_.erase(agreement.peer);
  Known known;
  if (agreement.mismatch || (is_known && !shares(found->second.secrets, agreement))) {
    known.mismatch = true;
    return known;
  }
  const bool verified = is_known && found->second.secrets.verified;
  const bool as_verified = verified && found->second.is_at(person);
  known.is_new = !is_known;
  known.mismatch = !as_verified && knows_other(person, agreement.peer);
  known.verified = verified && !known.mismatch;
  if (verified && !as_verified)
    known.known_as = found->second.persons.substr(0, found->second.persons.find(' '));
  keep(person, agreement);
  known.kept = peers_.contains(agreement.peer);
  return known;
}

void ZrtpBook::forget_unverified(const std::string& peer) {
  const auto found = peers_.find(peer);
  if (found == peers_.end() || found->second.secrets.verified) return;
  peers_.erase(found);
  refresh();
  save();
}

bool ZrtpBook::knows(const std::string& address) const {
  COMMD_ASSERT_THREAD(thread_);
  return knows_other(person_of(address), {});
}

void ZrtpBook::verify(const std::string& address, const model::ZrtpAgreement& agreement, bool kept,
                      bool verified) {
  COMMD_ASSERT_THREAD(thread_);
  const std::string person = person_of(address);
  auto found = peers_.find(agreement.peer);
  if (verified && (!kept || found == peers_.end())) {
    if (found != peers_.end()) replaced_.insert(*found);
    keep(person, agreement);
    found = peers_.find(agreement.peer);
    if (found != peers_.end()) found->second.persons.clear();
  }
  if (found == peers_.end()) return;
  if (const auto before = replaced_.find(agreement.peer); !verified && before != replaced_.end()) {
    found->second = before->second;
    replaced_.erase(before);
  } else {
    if (verified && !found->second.secrets.verified) found->second.persons.clear();
    found->second.secrets.verified = verified;
    if (verified) found->second.add(person);
  }
  refresh();
  save();
}

// Whether somebody has compared the words stays as it is.
void ZrtpBook::keep(const std::string& person, const model::ZrtpAgreement& agreement) {
  if (memory_ == nullptr) return;
  if (agreement.keep_s == 0) {
    peers_.erase(agreement.peer);
  } else {
    Record& record = peers_[agreement.peer];
    const bool verified = record.secrets.verified;
    record.secrets = agreement.next;
    record.secrets.verified = verified;
    record.heard = clock_.wall_now();
    record.expires = agreement.keep_s == for_ever
                         ? base::WallTime{}
                         : record.heard + std::chrono::seconds(agreement.keep_s);
    if (!verified) record.persons = person;
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
