#include "daemon/secrets/file_secret_store.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "daemon/system/private_files.h"

namespace commd::secrets {
namespace {

// What is known of 500 other ends of ZRTP is one of them.
constexpr size_t longest_secret = 512 * 1024;
// A file system takes 255 bytes; ".secret" and a temporary file's end are ours.
constexpr size_t longest_name = 230;

// Letters, digits and a few marks stay; the rest is %XX, so that no account's id
// is "..", has a slash, or meets another one's on a file system.
std::string file_name_of(const std::string& account) {
  std::string name;
  for (const char c : account) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '@' || c == '-' ||
                       c == '_' || c == ':' || (c == '.' && !name.empty());
    if (plain) {
      name += c;
      continue;
    }
    char text[4];
    std::snprintf(text, sizeof text, "%%%02X", static_cast<unsigned char>(c));
    name += text;
  }
  return name;
}

}  // namespace

FileSecretStore::FileSecretStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

std::string FileSecretStore::name() const { return "file " + folder_.string(); }

base::Result<std::filesystem::path> FileSecretStore::file_of(const std::string& account) const {
  const std::string name = file_name_of(account);
  if (name.empty() || name.size() > longest_name)
    return base::fail(base::invalid_argument("id", "an account's id has 1 to 230 characters"));
  return folder_ / (name + ".secret");
}

base::Result<base::Secret> FileSecretStore::get(const std::string& account) {
  const auto file = file_of(account);
  if (!file) return tl::unexpected(file.error());
  if (::access(folder_.c_str(), F_OK) != 0 && errno == ENOENT)
    return base::fail(base::not_found("password", account));
  if (auto ok = system::ensure_private_folder(folder_); !ok) return tl::unexpected(ok.error());
  auto password = system::read_private_file(*file, longest_secret);
  if (!password && password.error().code == base::Code::not_found)
    return base::fail(base::not_found("password", account));
  return password;
}

base::Result<void> FileSecretStore::put(const std::string& account, const base::Secret& password) {
  const auto file = file_of(account);
  if (!file) return tl::unexpected(file.error());
  if (password.reveal().size() > longest_secret)
    return base::fail(base::invalid_argument("password", "a secret has at most 524288 bytes"));
  if (auto ok = system::ensure_private_folder(folder_); !ok) return ok;
  return system::write_private_file(*file, password.reveal());
}

base::Result<void> FileSecretStore::erase(const std::string& account) {
  const auto file = file_of(account);
  if (!file) return tl::unexpected(file.error());
  if (::unlink(file->c_str()) != 0 && errno != ENOENT)
    return base::fail(system::path_error("remove", *file, errno));
  return {};
}

}  // namespace commd::secrets
