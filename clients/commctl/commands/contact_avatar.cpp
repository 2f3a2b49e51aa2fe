#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"

namespace commd::commctl {
namespace {

// More than any that is taken: the daemon says how large one may be.
constexpr size_t longest_picture = 512 * 1024;

std::string read_picture(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes(longest_picture + 1, '\0');
  if (!file.read(bytes.data(), static_cast<std::streamsize>(bytes.size())) && !file.eof())
    throw UsageError("cannot read " + path + ": " + std::generic_category().message(errno));
  bytes.resize(static_cast<size_t>(file.gcount()));
  if (bytes.empty()) throw UsageError(path + " is empty");
  if (bytes.size() > longest_picture) throw UsageError(path + " is too large for a picture");
  return bytes;
}

// Exactly one of a word and --clear.
bool clears(const Context& context, const char* what) {
  const bool clear = context.has("--clear");
  if (clear == !context.word(0).empty())
    context.usage_error(std::string("write ") + what + ", or --clear");
  return clear;
}

template <class Response>
int told(const Context& context, const Response& response, const std::string& what) {
  if (context.out().json()) {
    context.out().print(response);
    return 0;
  }
  std::string accounts;
  for (const std::string& each : response.accounts())
    accounts += (accounts.empty() ? "" : ", ") + each;
  context.out().say(what + " by " + accounts + ".");
  return 0;
}

int run_avatar(Context& context) {
  v1::SetAvatarRequest request;
  request.set_account(context.option("--from"));
  const bool clear = clears(context, "a file");
  if (!clear) request.set_picture(read_picture(context.word(0)));
  return told(context, context.client().set_avatar(request),
              clear ? "No picture is shown" : "The picture is shown");
}

int run_nickname(Context& context) {
  v1::SetNicknameRequest request;
  request.set_account(context.option("--from"));
  const bool clear = clears(context, "a name");
  if (!clear) request.set_nickname(context.word(0));
  return told(context, context.client().set_nickname(request),
              clear ? "No nickname is told" : "The nickname is told");
}

Option from_option() { return {"--from", "ACCOUNT", "by this account alone", Word::account}; }

}  // namespace

Command contact_avatar_command() {
  return {
      "contact avatar",
      "Show your contacts a picture of you",
      "A PNG, JPEG, WebP or GIF of at most 64 KiB; 96 x 96 is usual. Those of your contacts are\n"
      "fetched by themselves: \"contact show\" names the file.",
      {{"commctl contact avatar me.png", ""}, {"commctl contact avatar --clear", "no picture"}},
      {{"FILE", "the picture", Word::file, Argument::Count::optional}},
      {{"--clear", "", "show none any more"}, from_option()},
      run_avatar};
}

Command contact_nickname_command() {
  return {"contact nickname",
          "Tell your contacts what you call yourself",
          "",
          {{"commctl contact nickname Ally", ""},
           {"commctl contact nickname --clear", "nothing any more"}},
          {{"NAME", "the nickname", Word::any, Argument::Count::optional}},
          {{"--clear", "", "tell none any more"}, from_option()},
          run_nickname};
}

}  // namespace commd::commctl
