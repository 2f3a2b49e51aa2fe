#include "daemon/settings/load.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "daemon/base/escape.h"
#include "daemon/base/unique_fd.h"
#include "daemon/settings/keys.h"
#include "daemon/settings/scan.h"
#include "daemon/settings/suggest.h"

// toml++ parses and destroys nested values recursively; ours are one table deep.
#define TOML_MAX_NESTED_VALUES 16
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
// toml++ 3.3 asserts what a file can break ("[{x]"), although the code behind the
// assertion handles it as a mistake of syntax. With NDEBUG it would even tell the
// compiler to rely on it.
#pragma push_macro("NDEBUG")
#undef NDEBUG
#define TOML_ASSERT(expression) static_cast<void>(0)
#include <toml++/toml.h>
#pragma pop_macro("NDEBUG")

namespace commd::settings {
namespace {

using base::Code;
using base::Error;

Position position_of(const toml::source_region& source) {
  return {source.begin.line, source.begin.column};
}

// Collects values and mistakes while it walks the tables.
class Reader {
 public:
  explicit Reader(std::string file) : file_(std::move(file)) {}

  void add_error(Position at, std::string reason, const std::string& message,
                 const std::string& key = {}) {
    Error error{Code::invalid_argument, std::move(reason), {}, {}};
    error.message =
        file_ + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": " + message;
    error.details["file"] = file_;
    error.details["line"] = std::to_string(at.line);
    error.details["column"] = std::to_string(at.column);
    if (!key.empty()) error.details["key"] = key;
    errors_.emplace_back(at, std::move(error));
  }

  void read_document(const toml::table& document) {
    for (const auto& [name, node] : document) {
      const bool known = is_section(name.str());
      if (known && node.is_table())
        read_section(std::string(name.str()), *node.as_table());
      else if (known)
        add_error(position_of(name.source()), "CONFIG_BAD_VALUE",
                  shown(name.str()) + " is a section: write it as [" + shown(name.str()) + "]",
                  shown(name.str()));
      else
        unknown_at_top(name, node);
    }
  }

  Loaded finish() {
    std::stable_sort(errors_.begin(), errors_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    Loaded loaded{std::move(settings_), {}};
    for (auto& [at, error] : errors_) loaded.errors.push_back(std::move(error));
    return loaded;
  }

 private:
  static bool is_section(std::string_view name) {
    return std::any_of(keys().begin(), keys().end(), [&](const Key& key) {
      return key.name.substr(0, key.name.find('.')) == name;
    });
  }

  // A name from the file, fit for a message.
  static std::string shown(std::string_view name) { return base::escape_line(name.substr(0, 64)); }

  void unknown_at_top(const toml::key& name, const toml::node& node) {
    const std::string text = shown(name.str());
    const auto near =
        node.is_table() ? suggest_section(name.str()) : suggest_key("." + std::string(name.str()));
    const std::string what = node.is_table() ? "section [" + text + "]" : "key \"" + text + "\"";
    unknown(name, what, text, near);
  }

  void read_section(const std::string& section, const toml::table& table) {
    for (const auto& [name, node] : table) {
      const std::string full = section + "." + std::string(name.str());
      if (const Key* const key = find_key(full))
        read_value(*key, name, node);
      else
        unknown(name, "key \"" + shown(full) + "\"", shown(full), suggest_key(full));
    }
  }

  void unknown(const toml::key& name, const std::string& what, const std::string& key,
               const std::optional<std::string>& near) {
    add_error(position_of(name.source()), "CONFIG_UNKNOWN_KEY",
              "there is no " + what + (near ? "; did you mean \"" + *near + "\"?" : ""), key);
  }

  void read_value(const Key& key, const toml::key& name, const toml::node& node) {
    const Value value = value_of(node);
    if (key.store(value, settings_)) return;
    add_error(position_of(name.source()), "CONFIG_BAD_VALUE",
              std::string(key.name) + " is " + to_text(value) + ", but must be " +
                  std::string(key.allowed),
              std::string(key.name));
  }

  static Value value_of(const toml::node& node) {
    if (const auto* flag = node.as_boolean()) return flag->get();
    if (const auto* number = node.as_integer()) return number->get();
    if (const auto* number = node.as_floating_point()) return number->get();
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* list = node.as_array()) return strings_of(*list);
    if (node.is_table()) return Other{"a table"};
    return Other{"a date or time"};
  }

  static Value strings_of(const toml::array& list) {
    std::vector<std::string> strings;
    for (const toml::node& node : list) {
      const auto* text = node.as_string();
      if (text == nullptr) return Other{"a list of something else than text"};
      strings.push_back(text->get());
    }
    return strings;
  }

  const std::string file_;
  Settings settings_;
  std::vector<std::pair<Position, Error>> errors_;
};

Loaded unreadable(const std::string& file, const std::string& why) {
  Loaded loaded;
  Error error{
      Code::failed_precondition, "CONFIG_UNREADABLE", "cannot read " + file + ": " + why, {}};
  error.details["file"] = file;
  loaded.errors.push_back(std::move(error));
  return loaded;
}

}  // namespace

Loaded parse_settings(std::string_view toml, const std::string& file) {
  if (toml.size() > longest_file)
    return unreadable(file, "it has more than " + std::to_string(longest_file) + " bytes");
  Reader reader(file);
  if (const auto trouble = find_trouble(toml)) {
    reader.add_error(trouble->at, "CONFIG_SYNTAX", trouble->message);
    return reader.finish();
  }
  const toml::parse_result result = toml::parse(toml);
  if (!result) {
    reader.add_error(position_of(result.error().source()), "CONFIG_SYNTAX",
                     base::escape_line(result.error().description()));
    return reader.finish();
  }
  reader.read_document(result.table());
  return reader.finish();
}

Loaded load_settings(const std::filesystem::path& path) {
  if (path.empty()) return {};
  const std::string file = path.string();
  // Non-blocking, so that a FIFO cannot hold us.
  const base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) != 0)
    return unreadable(file, std::generic_category().message(errno));
  if (!S_ISREG(info.st_mode)) return unreadable(file, "it is not a regular file");
  std::string content(longest_file + 1, '\0');
  size_t size = 0;
  while (size < content.size()) {
    const ssize_t n = ::read(fd.get(), content.data() + size, content.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return unreadable(file, std::generic_category().message(errno));
    if (n == 0) break;
    size += static_cast<size_t>(n);
  }
  content.resize(size);
  return parse_settings(content, file);
}

}  // namespace commd::settings
