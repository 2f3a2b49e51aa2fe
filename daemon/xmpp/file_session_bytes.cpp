// The bytes of a session: from the disk to the far end, or from there to the disk.
#include <algorithm>
#include <utility>

#include "daemon/xmpp/file_session.h"

namespace commd::xmpp {
namespace {

using base::Code;
using base::fail;

constexpr size_t piece_bytes = 64 * 1024;
constexpr size_t write_bytes = 256 * 1024;
constexpr std::chrono::milliseconds progress_every{250};

}  // namespace

FileBytes::Told FileSession::told_by_bytes() {
  return {[this] {
            stage_ = Stage::moving;
            moved();
            watch_idle();
            tell();
            if (outgoing_) open_source();
          },
          [this](std::string bytes, FileBytes::Then taken) {
            store(std::move(bytes), std::move(taken));
          },
          [this](const base::Result<void>& result) { bytes_ended(result); }};
}

// One timer however much moves: it looks when something did last, and waits for the rest. A
// connection that is half gone, or a far end that takes nothing, would hold it for ever.
void FileSession::watch_idle() {
  const base::Duration left = moved_at_ + idle_patience - around_.clock.mono_now();
  patience_ = around_.timers.after(std::max(left, base::Duration{}), [this] {
    if (stage_ != Stage::moving) return;
    if (around_.clock.mono_now() - moved_at_ < idle_patience) return watch_idle();
    finish(fail(Code::unavailable, "FILE_STALLED",
                "nothing has moved for " + std::to_string(idle_patience.count()) +
                    " s; it can go on from where it is"),
           JingleReason::timeout);
  });
}

// It may be the bytes themselves that call: what ends them comes later.
void FileSession::bytes_ended(const base::Result<void>& result) {
  if (stage_ == Stage::over) return;  // its end is on its way already
  later_ = around_.timers.after({}, [this, result] {
    if (stage_ == Stage::over || stage_ == Stage::ending) return;
    if (stage_ == Stage::opening) {
      if (by_s5b_) return fall_back();
      return finish(result ? base::Result<void>(fail(Code::unavailable, "CONNECTION_LOST",
                                                     "it was closed before it began"))
                           : result,
                    JingleReason::failed_transport);
    }
    if (!outgoing_ && result) return complete();
    // The session's own end says more, where one follows.
    if (!result) lost_ = result.error();
    stage_ = Stage::ending;
    patience_ = around_.timers.after(std::chrono::seconds(2), [this] {
      finish(fail(lost_.reason.empty()
                      ? base::Error{Code::unavailable, "CONNECTION_LOST", "it was closed early", {}}
                      : lost_),
             JingleReason::failed_transport);
    });
  });
}

// ---- out -----------------------------------------------------------------------------------

void FileSession::open_source() {
  using Opened = base::Result<std::shared_ptr<disk::SourceFile>>;
  disk_.on(
      alive_,
      [path = path_, size = file_.size]() -> Opened {
        auto opened = disk::SourceFile::open(path);
        if (!opened) return fail(opened.error());
        if (opened->size() != size)
          return fail(Code::aborted, "FILE_CHANGED", "its size has changed; send it again");
        return std::make_shared<disk::SourceFile>(std::move(*opened));
      },
      [this](const Opened& opened) {
        if (!opened) return finish(fail(opened.error()), JingleReason::failed_application);
        source_ = *opened;
        send_next();
      });
}

void FileSession::send_next() {
  if (stage_ != Stage::moving) return;
  if (at_ >= file_.size) {
    stage_ = Stage::ending;
    // Who has all of it says so; who does not, within a minute, may have it all the same.
    patience_ = around_.timers.after(end_patience, [this] {
      finish(fail(Code::unavailable, "FILE_TIMEOUT", "the other end does not say that it has it"),
             JingleReason::timeout);
    });
    return bytes_->finish([] {});
  }
  disk_.on(
      alive_, [source = source_, at = at_] { return source->read(at, piece_bytes); },
      [this](base::Result<std::string> bytes) {
        if (!bytes) return finish(fail(bytes.error()), JingleReason::failed_application);
        if (stage_ != Stage::moving) return;
        at_ += bytes->size();
        tell();
        bytes_->send(std::move(*bytes), [this] {
          moved();
          send_next();
        });
      });
}

// ---- in ------------------------------------------------------------------------------------

void FileSession::store(std::string bytes, FileBytes::Then taken) {
  if (stage_ != Stage::moving) return;
  moved();
  waiting_ += bytes;
  const uint64_t there = at_ + waiting_.size();
  if (place_.most_bytes > 0 && there > place_.most_bytes)
    return finish(fail(Code::resource_exhausted, "FILE_TOO_LARGE",
                       "more came than the " + std::to_string(place_.most_bytes) +
                           " bytes that are allowed; say --max-size"),
                  JingleReason::failed_application);
  if (file_.size > 0 && there > file_.size)
    return finish(fail(Code::aborted, "FILE_TOO_LARGE", "more came than was announced"),
                  JingleReason::failed_application);
  const bool last = file_.size > 0 && there == file_.size;
  if (waiting_.size() < write_bytes && !last) return taken();
  write([this, taken = std::move(taken), last] {
    tell();
    taken();
    if (last) complete();
  });
}

void FileSession::write(std::function<void()> then) {
  disk_.on(
      alive_,
      [part = part_, at = at_, bytes = std::exchange(waiting_, {})]() -> base::Result<void> {
        if (const auto cut = part->cut(at); !cut) return cut;
        // Nobody but the far end knows how much will come.
        if (const auto room = part->room_for(bytes.size()); !room) return room;
        return part->write(bytes);
      },
      [this, then = std::move(then)](const base::Result<void>& written) {
        if (!written) return finish(fail(written.error()), JingleReason::failed_application);
        at_ = part_->size();
        moved();
        then();
      });
}

// All that comes is here: whether it is what was announced, the disk tells.
void FileSession::complete() {
  if (stage_ != Stage::moving) return;
  if (!waiting_.empty()) return write([this] { complete(); });
  if (file_.size > 0 && at_ < file_.size)
    return finish(fail(Code::unavailable, "CONNECTION_LOST", "it was closed before all had come"),
                  JingleReason::failed_transport);
  stage_ = Stage::ending;
  struct Named {
    base::Result<std::string> path;
    std::string sha256;
  };
  disk_.on(
      alive_,
      [part = part_, wanted = file_.sha256, at = at_]() -> Named {
        if (const auto cut = part->cut(at); !cut) return {fail(cut.error()), {}};
        std::string found = part->sha256();
        if (wanted.empty() || wanted == found) return {part->finish(), std::move(found)};
        part->remove();
        return {fail(Code::aborted, "FILE_HASH_WRONG",
                     "the file is not the one that was announced: its SHA-256 is another; it was "
                     "thrown away"),
                std::move(found)};
      },
      [this](Named named) {
        sha256_ = std::move(named.sha256);
        if (!named.path) {
          part_.reset();
          return finish(fail(named.path.error()), JingleReason::failed_application);
        }
        finish({}, JingleReason::success, *named.path);
      });
}

// ---- to the core ---------------------------------------------------------------------------

ports::FileNews FileSession::news() const {
  const model::TransferMethod method = by_s5b_  ? model::TransferMethod::socks5
                                       : bytes_ ? model::TransferMethod::in_band
                                                : model::TransferMethod::undecided;
  return {id_, method, at_, part_ ? part_->path() : std::string()};
}

void FileSession::tell() {
  const base::MonoTime now = around_.clock.mono_now();
  if (at_ > 0 && now - told_at_ < progress_every) return;
  told_at_ = now;
  told_.moved(news());
}

void FileSession::finish(base::Result<void> result, std::optional<JingleReason> reason,
                         std::string path) {
  if (stage_ == Stage::over) return;
  ports::FileEnd end{id_, std::move(result), news(), std::move(path), sha256_};
  if (end.result) end.last.bytes = outgoing_ ? file_.size : at_;
  if (reason) around_.send(make_jingle_end(peer_, sid_, *reason));
  stage_ = Stage::over;
  patience_.reset();
  // Not here: it may be the bytes, or a timer, that call.
  later_ = around_.timers.after({}, [this, end = std::move(end)] {
    bytes_.reset();
    const auto told = told_.ended;
    told(end);
  });
}

}  // namespace commd::xmpp
