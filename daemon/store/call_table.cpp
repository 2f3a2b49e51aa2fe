#include "daemon/store/call_table.h"

#include <algorithm>
#include <array>
#include <limits>
#include <tuple>
#include <utility>

#include "daemon/store/fields.h"

namespace commd::store {
namespace {

using model::Call;

template <class Object>
constexpr auto& follow(Object& object) {
  return object;
}
template <class Object, class Member, class... Members>
constexpr auto& follow(Object& object, Member member, Members... members) {
  return follow(object.*member, members...);
}

// A column and the members that lead to its field: Call's, then its struct's.
template <class... Members>
struct Column {
  const char* name;
  std::tuple<Members...> path;

  constexpr explicit Column(const char* column, Members... members)
      : name(column), path(members...) {}
  // The field, const or not as the call is.
  template <class SomeCall>
  auto& get(SomeCall& call) const {
    return std::apply(
        [&](auto... members) -> auto& { return follow(call, members...); }, path);
  }
};

constexpr auto columns = std::tuple{
    Column("id", &Call::id),
    Column("account", &Call::account),
    Column("direction", &Call::direction),
    Column("state", &Call::state),
    Column("remote_address", &Call::remote, &model::Party::address),
    Column("remote_display_name", &Call::remote, &model::Party::display_name),
    Column("local_address", &Call::local, &model::Party::address),
    Column("local_display_name", &Call::local, &model::Party::display_name),
    Column("diverted_by", &Call::diverted_by),
    Column("referred_by", &Call::referred_by),
    Column("create_time", &Call::create_time),
    Column("answer_time", &Call::answer_time),
    Column("end_time", &Call::end_time),
    Column("end_reason", &Call::end_reason),
    Column("ended_by", &Call::ended_by),
    Column("end_sip_code", &Call::end_detail, &model::EndDetail::sip_code),
    Column("end_jingle_reason", &Call::end_detail, &model::EndDetail::jingle_reason),
    Column("end_text", &Call::end_detail, &model::EndDetail::text),
    Column("missed", &Call::missed),
    Column("held_local", &Call::held_local),
    Column("held_remote", &Call::held_remote),
    Column("muted", &Call::muted),
    Column("recording", &Call::recording),
    Column("playing", &Call::playing),
    Column("early_media", &Call::early_media),
    Column("codec", &Call::codec),
    Column("security_level", &Call::security, &model::CallSecurity::level),
    Column("security_mechanism", &Call::security, &model::CallSecurity::mechanism),
    Column("security_suite", &Call::security, &model::CallSecurity::suite),
    Column("transfer_state", &Call::transfer, &model::TransferStatus::state),
    Column("transfer_target", &Call::transfer, &model::TransferStatus::target),
    Column("transfer_sip_code", &Call::transfer, &model::TransferStatus::sip_code),
    Column("transfer_text", &Call::transfer, &model::TransferStatus::text),
    Column("waiting", &Call::waiting),
    Column("capture_kind", &Call::capture, &model::AudioSource::kind),
    Column("capture_tone_hz", &Call::capture, &model::AudioSource::tone_hz),
    Column("capture_name", &Call::capture, &model::AudioSource::name),
    Column("capture_loop", &Call::capture, &model::AudioSource::loop),
    Column("playback_kind", &Call::playback, &model::AudioSink::kind),
    Column("playback_name", &Call::playback, &model::AudioSink::name),
    Column("owned", &Call::owned),
    Column("successor", &Call::successor),
    Column("request_id", &Call::request_id),
};
constexpr int prune_slice = 64;
constexpr size_t count = std::tuple_size_v<decltype(columns)>;
// Call's own fields but transfer_request and the words of ZRTP, which no call survives; a struct
// counts for what is in it.
constexpr size_t words_of_security = 4;
static_assert(count == field_count<Call>() - 1 + 2 * (field_count<model::Party>() - 1) +
                           (field_count<model::EndDetail>() - 1) +
                           (field_count<model::CallSecurity>() - 1 - words_of_security) +
                           (field_count<model::TransferStatus>() - 1) +
                           (field_count<model::AudioSource>() - 1) +
                           (field_count<model::AudioSink>() - 1),
              "a field of Call is not stored");

constexpr auto column_names =
    std::apply([](const auto&... column) { return std::array{column.name...}; }, columns);

void bind(Statement& to, int at, const std::string& value) { to.bind(at, value); }
void bind(Statement& to, int at, bool value) { to.bind(at, int64_t{value}); }
void bind(Statement& to, int at, int value) { to.bind(at, int64_t{value}); }
void bind(Statement& to, int at, double value) { to.bind_real(at, value); }
void bind(Statement& to, int at, base::WallTime value) {
  to.bind(at, int64_t{value.time_since_epoch().count()});
}
template <class Tag>
void bind(Statement& to, int at, const base::Id<Tag>& value) {
  to.bind(at, value.str());
}
template <class E>
requires std::is_enum_v<E>
void bind(Statement& to, int at, E value) { to.bind(at, to_word(value)); }

void read(const Statement& from, int at, std::string& value) { value = from.text(at); }
void read(const Statement& from, int at, bool& value) { value = from.integer(at) != 0; }
void read(const Statement& from, int at, int& value) { value = static_cast<int>(from.integer(at)); }
void read(const Statement& from, int at, double& value) { value = from.real(at); }
void read(const Statement& from, int at, base::WallTime& value) {
  value = base::WallTime(base::WallTime::duration(from.integer(at)));
}
template <class Tag>
void read(const Statement& from, int at, base::Id<Tag>& value) {
  value = base::Id<Tag>(from.text(at));
}
template <class E>
requires std::is_enum_v<E>
void read(const Statement& from, int at, E& value) {
  const std::string word = from.text(at);
  const auto known = from_word<E>(word);
  if (!known)
    throw UnknownWord("call." + std::string(column_names.at(static_cast<size_t>(at))), word);
  value = *known;
}

Call read_call(const Statement& row) {
  Call call;
  int at = 0;
  std::apply([&](const auto&... column) { (read(row, at++, column.get(call)), ...); }, columns);
  return call;
}

std::string names() {
  std::string list;
  for (const char* name : column_names) {
    if (!list.empty()) list += ", ";
    list += name;
  }
  return list;
}

std::string put_sql() {
  std::string sql = "INSERT OR REPLACE INTO call (" + names() + ") VALUES (?";
  for (size_t i = 1; i < count; ++i) sql += ", ?";
  return sql + ")";
}

// The first text after all that begin with `prefix`; empty if there is none.
std::string end_of_prefix(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xff) prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(prefix.back() + 1);
  return prefix;
}

// ?1 and ?2 the position to go on from, ?3 and ?4 the range of ids, ?5 the limit.
std::string query_sql(const ports::CallQuery& query, bool ranged) {
  std::string sql = "SELECT " + names() + " FROM call WHERE (create_time, id) < (?1, ?2)";
  if (query.ended_only) sql += " AND state = 'ended'";
  if (query.missed_only) sql += " AND missed = 1";
  if (!query.id_prefix.empty()) sql += " AND id >= ?3";
  if (ranged) sql += " AND id < ?4";
  return sql + " ORDER BY create_time DESC, id DESC LIMIT ?5";
}

}  // namespace

CallTable::CallTable(Database& database)
    : database_(database),
      put_(database, put_sql()),
      unended_(database,
               "SELECT " + names() + " FROM call WHERE state <> 'ended' ORDER BY create_time, id"),
      position_(database, "SELECT create_time FROM call WHERE id = ?"),
      nth_newest_(database,
                  "SELECT create_time, id FROM call ORDER BY create_time DESC, id DESC "
                  "LIMIT 1 OFFSET ?"),
      prune_(database, std::string("DELETE FROM call WHERE id IN (SELECT id FROM call WHERE "
                                   "(create_time, id) <= (?, ?) ") +
                           "AND state = 'ended' ORDER BY create_time, id LIMIT " +
                           std::to_string(prune_slice) + ") RETURNING 1") {}

void CallTable::put(const Call& call) {
  int at = 0;
  std::apply([&](const auto&... column) { (bind(put_, ++at, column.get(call)), ...); }, columns);
  put_.run();
}

std::vector<Call> CallTable::unended() {
  std::vector<Call> calls;
  unended_.for_each([&](const Statement& row) { calls.push_back(read_call(row)); });
  return calls;
}

base::Result<std::vector<Call>> CallTable::query(const ports::CallQuery& query) {
  int64_t before_time = std::numeric_limits<int64_t>::max();
  if (!query.before.empty()) {
    bool found = false;
    position_.bind(1, query.before).for_each([&](const Statement& row) {
      before_time = row.integer(0);
      found = true;
    });
    if (!found) return base::fail(base::not_found("call", query.before));
  }
  const std::string end = end_of_prefix(query.id_prefix);
  const std::string sql = query_sql(query, !end.empty());
  Statement& select = queries_.try_emplace(sql, database_, sql).first->second;
  select.bind(1, before_time).bind(2, query.before);
  if (!query.id_prefix.empty()) select.bind(3, query.id_prefix);
  if (!end.empty()) select.bind(4, end);
  select.bind(5, int64_t{std::clamp(query.limit, 1u, 1000u)});
  std::vector<Call> calls;
  select.for_each([&](const Statement& row) { calls.push_back(read_call(row)); });
  return calls;
}

bool CallTable::prune(uint64_t keep, base::WallTime horizon) {
  // Everything up to this position goes; ids are never empty.
  auto last = std::pair(int64_t{horizon.time_since_epoch().count()}, std::string());
  if (keep > 0) {
    nth_newest_.bind(1, static_cast<int64_t>(std::min<uint64_t>(keep, INT64_MAX)))
        .for_each([&](const Statement& row) {
          last = std::max(last, std::pair(row.integer(0), row.text(1)));
        });
  }
  int deleted = 0;
  prune_.bind(1, last.first).bind(2, last.second).for_each([&](const Statement&) { ++deleted; });
  return deleted == prune_slice;
}

}  // namespace commd::store
