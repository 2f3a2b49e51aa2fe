#include "daemon/store/schema.h"

#include <array>
#include <string>

#include "daemon/store/search_index.h"

namespace commd::store {
namespace {

// Words are those of fields.h, times nanoseconds since 1970 UTC, booleans 0 or 1.
constexpr const char* version_1 = R"sql(
  CREATE TABLE meta (
    key TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE fact (
    key TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE account (
    id TEXT PRIMARY KEY NOT NULL,
    address TEXT NOT NULL,
    protocol TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    has_password INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    settings TEXT NOT NULL
  ) STRICT;

  CREATE TABLE call (
    id TEXT PRIMARY KEY NOT NULL,
    account TEXT NOT NULL,
    direction TEXT NOT NULL,
    state TEXT NOT NULL,
    remote_address TEXT NOT NULL,
    remote_display_name TEXT NOT NULL,
    local_address TEXT NOT NULL,
    local_display_name TEXT NOT NULL,
    diverted_by TEXT NOT NULL,
    referred_by TEXT NOT NULL,
    create_time INTEGER NOT NULL,
    answer_time INTEGER NOT NULL,
    end_time INTEGER NOT NULL,
    end_reason TEXT NOT NULL,
    ended_by TEXT NOT NULL,
    end_sip_code INTEGER NOT NULL,
    end_jingle_reason TEXT NOT NULL,
    end_text TEXT NOT NULL,
    missed INTEGER NOT NULL,
    held_local INTEGER NOT NULL,
    held_remote INTEGER NOT NULL,
    muted INTEGER NOT NULL,
    recording INTEGER NOT NULL,
    playing INTEGER NOT NULL,
    early_media INTEGER NOT NULL,
    codec TEXT NOT NULL,
    security_level TEXT NOT NULL,
    security_mechanism TEXT NOT NULL,
    security_suite TEXT NOT NULL,
    transfer_state TEXT NOT NULL,
    transfer_target TEXT NOT NULL,
    transfer_sip_code INTEGER NOT NULL,
    transfer_text TEXT NOT NULL,
    waiting INTEGER NOT NULL,
    capture_kind TEXT NOT NULL,
    capture_tone_hz REAL NOT NULL,
    capture_name TEXT NOT NULL,
    capture_loop INTEGER NOT NULL,
    playback_kind TEXT NOT NULL,
    playback_name TEXT NOT NULL,
    owned INTEGER NOT NULL,
    successor TEXT NOT NULL,
    request_id TEXT NOT NULL
  ) STRICT;
  CREATE INDEX call_by_time ON call (create_time, id);
  CREATE INDEX call_missed ON call (create_time, id) WHERE missed = 1;
  CREATE INDEX call_live ON call (state) WHERE state <> 'ended';

  CREATE TABLE event (
    sequence INTEGER PRIMARY KEY NOT NULL,
    time INTEGER NOT NULL,
    bytes BLOB NOT NULL
  ) STRICT;
)sql";

constexpr const char* version_2 = R"sql(
  CREATE TABLE message (
    id TEXT PRIMARY KEY NOT NULL,
    account TEXT NOT NULL,
    peer TEXT NOT NULL,
    sender TEXT NOT NULL,
    direction TEXT NOT NULL,
    state TEXT NOT NULL,
    text TEXT NOT NULL,
    time INTEGER NOT NULL,
    state_time INTEGER NOT NULL,
    remote_id TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    fail_reason TEXT NOT NULL,
    fail_message TEXT NOT NULL,
    request_id TEXT NOT NULL
  ) STRICT;
  CREATE INDEX message_by_time ON message (time, id);
  CREATE INDEX message_by_peer ON message (peer, time, id);
  CREATE INDEX message_queued ON message (time, id) WHERE state = 'queued';
)sql";

constexpr const char* version_3 = R"sql(
  ALTER TABLE message ADD COLUMN reply_to TEXT NOT NULL DEFAULT '';
  ALTER TABLE message ADD COLUMN reply_wire_id TEXT NOT NULL DEFAULT '';
  ALTER TABLE message ADD COLUMN reply_to_own INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE message ADD COLUMN reply_quote TEXT NOT NULL DEFAULT '';
  ALTER TABLE message ADD COLUMN edit_time INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE message ADD COLUMN retracted INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE message ADD COLUMN markable INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE message ADD COLUMN reactions TEXT NOT NULL DEFAULT '';
  -- Nobody was asked what he had read: the history of before is not news.
  UPDATE message SET state = 'read' WHERE state = 'received';
  CREATE INDEX message_by_wire_id ON message (remote_id) WHERE remote_id <> '';
  CREATE INDEX message_unread ON message (peer, time, id) WHERE state = 'received';

  CREATE TABLE amendment (
    id TEXT PRIMARY KEY NOT NULL,
    account TEXT NOT NULL,
    peer TEXT NOT NULL,
    direction TEXT NOT NULL,
    kind TEXT NOT NULL,
    target TEXT NOT NULL,
    text TEXT NOT NULL,
    emojis TEXT NOT NULL,
    queued INTEGER NOT NULL,
    time INTEGER NOT NULL,
    fingerprint TEXT NOT NULL
  ) STRICT;
  CREATE INDEX amendment_by_time ON amendment (time, id);
  CREATE INDEX amendment_queued ON amendment (time, id) WHERE queued = 1;
)sql";

// A conversation is what its messages are; kept so that the newest are found at once.
constexpr const char* version_5 = R"sql(
  ALTER TABLE message ADD COLUMN mentioned INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE message ADD COLUMN room_id TEXT NOT NULL DEFAULT '';
  ALTER TABLE message ADD COLUMN occupant TEXT NOT NULL DEFAULT '';
  CREATE INDEX message_by_room_id ON message (room_id) WHERE room_id <> '';
  ALTER TABLE message ADD COLUMN attachment_url TEXT NOT NULL DEFAULT '';
  ALTER TABLE message ADD COLUMN attachment_name TEXT NOT NULL DEFAULT '';
  ALTER TABLE message ADD COLUMN attachment_type TEXT NOT NULL DEFAULT '';
  ALTER TABLE message ADD COLUMN attachment_size INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE message ADD COLUMN attachment_description TEXT NOT NULL DEFAULT '';
  ALTER TABLE message ADD COLUMN attachment_transfer TEXT NOT NULL DEFAULT '';
  ALTER TABLE message ADD COLUMN local TEXT NOT NULL DEFAULT '';

  CREATE TABLE conversation (
    account TEXT NOT NULL,
    peer TEXT NOT NULL,
    time INTEGER NOT NULL,
    last TEXT NOT NULL,
    PRIMARY KEY (account, peer)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX conversation_by_time ON conversation (time, last);
  CREATE INDEX conversation_by_last ON conversation (last);
  INSERT INTO conversation SELECT account, peer, time, id FROM (
    SELECT account, peer, time, id,
      row_number() OVER (PARTITION BY account, peer ORDER BY time DESC, id DESC) AS nth
    FROM message) WHERE nth = 1;

  CREATE TABLE transfer (
    id TEXT PRIMARY KEY NOT NULL,
    account TEXT NOT NULL,
    peer TEXT NOT NULL,
    direction TEXT NOT NULL,
    method TEXT NOT NULL,
    state TEXT NOT NULL,
    name TEXT NOT NULL,
    size INTEGER NOT NULL,
    transferred INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    description TEXT NOT NULL,
    path TEXT NOT NULL,
    part TEXT NOT NULL,
    url TEXT NOT NULL,
    etag TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    message TEXT NOT NULL,
    fail_reason TEXT NOT NULL,
    fail_message TEXT NOT NULL,
    create_time INTEGER NOT NULL,
    state_time INTEGER NOT NULL,
    request_id TEXT NOT NULL
  ) STRICT;
  CREATE INDEX transfer_by_time ON transfer (create_time, id);
  CREATE INDEX transfer_live ON transfer (state)
    WHERE state IN ('offered', 'waiting', 'active', 'paused');

  CREATE TABLE person (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    addresses TEXT NOT NULL,
    organization TEXT NOT NULL,
    note TEXT NOT NULL,
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL
  ) STRICT;
)sql";

constexpr const char* version_6 = R"sql(
  CREATE TABLE call_trace (
    call TEXT PRIMARY KEY NOT NULL,
    steps TEXT NOT NULL
  ) STRICT;
  CREATE TRIGGER call_forgotten AFTER DELETE ON call BEGIN
    DELETE FROM call_trace WHERE call = OLD.id;
  END;
)sql";

void set_version(Database& database, int version) {
  database.exec(("PRAGMA user_version = " + std::to_string(version)).c_str());
}

}  // namespace

std::span<const Migration> migrations() {
  static const std::array<Migration, 6> steps = {
      Migration{1, [](Database& database) { database.exec(version_1); }},
      Migration{2, [](Database& database) { database.exec(version_2); }},
      Migration{3, [](Database& database) { database.exec(version_3); }},
      Migration{4, create_search_index},
      Migration{5,
                [](Database& database) {
                  database.exec(version_5);
                  index_attachments(database);
                }},
      Migration{6, [](Database& database) { database.exec(version_6); }}};
  return steps;
}

int64_t schema_version(Database& database) { return database.integer("PRAGMA user_version"); }

base::Result<void> migrate(Database& database, std::span<const Migration> steps) {
  const int64_t found = schema_version(database);
  const int newest = steps.empty() ? 0 : steps.back().to;
  if (found > newest) {
    auto error = base::Error{base::Code::failed_precondition,
                             "STORE_NEWER_VERSION",
                             "the database was written by a newer commd (its schema is version " +
                                 std::to_string(found) + ", this commd knows up to " +
                                 std::to_string(newest) +
                                 "): start the newer commd, or give this one another --state-dir",
                             {{"found", std::to_string(found)}, {"known", std::to_string(newest)}}};
    return base::fail(std::move(error));
  }
  if (found == newest) return {};
  database.exec("BEGIN IMMEDIATE");
  try {
    for (const Migration& step : steps) {
      if (step.to <= found) continue;
      step.apply(database);
      set_version(database, step.to);
    }
    database.exec("COMMIT");
  } catch (const SqliteError&) {
    if (database.in_transaction()) database.exec("ROLLBACK");
    throw;
  }
  return {};
}

}  // namespace commd::store
