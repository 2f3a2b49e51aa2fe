// The file an export is written to: JSON Lines, one message a line, the oldest first. What is
// in it stays whole whenever the export is cut: the next one goes on after its last message.
// Main thread.
#pragma once

#include <string>
#include <string_view>

#include "clients/client/descriptor.h"

namespace commd::commctl {

class ExportFile {
 public:
  enum class Begin { anew, where_it_ended };
  // 0600, for nobody else is to read it. Throws UsageError for a file that is there already
  // (anew) or is no export, std::system_error for what the disk says.
  ExportFile(const std::string& path, Begin begin);

  // The id of the last message that is in it whole; empty: none.
  const std::string& last_id() const { return last_id_; }
  // All of it or an exception: a line that could not be written whole is cut off.
  void write(std::string_view lines);
  // Until it is on the disk.
  void close();

 private:
  void find_end();
  std::string before(off_t end) const;

  std::string path_;
  client::Descriptor file_;
  off_t end_ = 0;
  std::string last_id_;
};

}  // namespace commd::commctl
