// The port between the core and the web: files that are fetched from there and put there, and
// the facts of files on this disk.
//
// Every method is called on the core thread and returns at once; what happens is told through
// WebFileEvents or `done`, on the core thread, never from inside the call.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/base/time.h"
#include "daemon/model/ids.h"

namespace commd::ports {

struct FileFacts {
  uint64_t size = 0;
  base::WallTime modified{};
  std::string content_type;  // by its name
  std::string sha256;        // 32 bytes, where it was asked for
};

struct WebDownload {
  model::TransferId id;
  std::string url;
  // Where to: a folder, there or ending with '/', or a file that is not there yet. Absolute.
  std::string to;
  std::string name;    // what to call it in a folder; empty: as the server does
  std::string part{};  // of an earlier attempt: WebProgress::part
  std::string etag{};  // the same
  uint64_t most_bytes = 0;
  uint64_t size = 0;                 // as it was announced; 0: not at all
  std::string sha256{};              // the same, 32 bytes
  std::string ca_file{};             // empty: the system's authorities
  bool local_clear_allowed = false;  // http without TLS, of this machine alone
  // Of this machine, or of what is next to it: who names such an address may not reach it himself.
  bool local_allowed = false;
};

struct WebUpload {
  model::TransferId id;
  std::string url;  // https
  std::vector<std::pair<std::string, std::string>> fields;
  std::string path;
  uint64_t size = 0;  // as it was inspected; FILE_CHANGED when it is another
  std::string content_type;
  std::string ca_file{};
};

// At most four in a second for a transfer.
struct WebProgress {
  model::TransferId id;
  uint64_t bytes = 0;
  uint64_t size = 0;                                   // 0: not known
  std::string name{}, content_type{}, part{}, etag{};  // of a download
};

struct WebEnd {
  model::TransferId id;
  // Errors: URL_INVALID, URL_NOT_ALLOWED, HTTP_... , TLS_..., DNS_..., CONNECT_..., FILE_...,
  // DISK_FULL, FOLDER_UNUSABLE, FILE_HASH_WRONG. Unavailable and deadline_exceeded: it may be
  // tried again, a download from where it was.
  base::Result<void> result{};
  WebProgress last{};
  std::string path{};    // where a download is now
  std::string sha256{};  // of a download, 32 bytes
};

// The core's side.
class WebFileEvents {
 public:
  virtual ~WebFileEvents() = default;
  virtual void web_progress(WebProgress progress) = 0;
  // Once for each that was begun, unless it was stopped.
  virtual void web_ended(WebEnd end) = 0;
};

class WebFiles {
 public:
  virtual ~WebFiles() = default;
  // `with_hash`: reads it all. Errors of disk::SourceFile.
  virtual void inspect(const std::string& path, bool with_hash,
                       std::function<void(base::Result<FileFacts>)> done) = 0;
  virtual void download(WebDownload what) = 0;
  virtual void upload(WebUpload what) = 0;
  // What has come stays as a part.
  virtual void stop(const model::TransferId& id) = 0;
  // Throws a part away that nothing is written to.
  virtual void remove_part(const std::string& path) = 0;
};

}  // namespace commd::ports
