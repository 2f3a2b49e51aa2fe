#include "daemon/settings/suggest.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "daemon/settings/keys.h"

namespace commd::settings {
namespace {

// Nothing of ours is longer, so that nothing longer is near.
constexpr size_t longest_name = 64;

std::string_view section_of(std::string_view name) { return name.substr(0, name.find('.')); }
std::string_view field_of(std::string_view name) { return name.substr(name.find('.') + 1); }

struct Best {
  std::string_view name;
  size_t distance;
};

void consider(Best& best, std::string_view candidate, std::string_view written) {
  const size_t distance = edit_distance(candidate, written);
  if (distance < best.distance) best = {candidate, distance};
}

// Up to a third of the letters may be wrong.
size_t tolerance(std::string_view written) { return std::max<size_t>(written.size() / 3, 1) + 1; }

std::optional<std::string> result(const Best& best) {
  if (best.name.empty()) return std::nullopt;
  return std::string(best.name);
}

}  // namespace

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row[b.size()];
}

std::optional<std::string> suggest_key(std::string_view name) {
  if (name.size() > longest_name) return std::nullopt;
  const std::string_view field = field_of(name);
  Best best{{}, tolerance(field)};
  for (const Key& key : keys())
    if (section_of(key.name) == section_of(name)) consider(best, key.name, name);
  if (best.name.empty())  // the right word in the wrong section
    for (const Key& key : keys())
      if (field_of(key.name) == field) best.name = key.name;
  return result(best);
}

std::optional<std::string> suggest_section(std::string_view name) {
  if (name.size() > longest_name) return std::nullopt;
  Best best{{}, tolerance(name)};
  for (const Key& key : keys()) consider(best, section_of(key.name), name);
  return result(best);
}

}  // namespace commd::settings
