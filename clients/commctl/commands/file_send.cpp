#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/file_follow.h"
#include "clients/commctl/request_id.h"

namespace commd::commctl {
namespace {

int run(Context& context) {
  if (context.has("--server") && context.has("--direct"))
    context.usage_error("--server and --direct exclude each other");
  v1::SendFileRequest request;
  request.set_address(context.word(0));
  request.set_account(context.option("--from"));
  request.set_path(absolute_path(context.word(1)));
  request.set_description(context.option("--caption"));
  request.set_media_type(context.option("--type"));
  if (context.has("--server")) request.set_route(v1::FileTransfer::ROUTE_SERVER);
  if (context.has("--direct")) request.set_route(v1::FileTransfer::ROUTE_DIRECT);
  request.set_request_id(random_request_id());
  return follow_file(context, [&] { return context.client().send_file(request); });
}

}  // namespace

Command file_send_command() {
  return {"file send",
          "Send a file to one person",
          "The account's server keeps the file for the other person, who gets a message with its\n"
          "address. Where it keeps none, or none that large, the file goes from device to device\n"
          "while both are online. Interrupting the command does not stop the file: see \"file\n"
          "cancel\".",
          {{"commctl file send bob@example.org holiday.jpg --caption \"The beach\"", ""},
           {"commctl file send bob@example.org disk.img --direct", "not by the server"}},
          {{"ADDRESS", "whom to send to", Word::contact}, {"PATH", "the file", Word::file}},
          {{"--caption", "TEXT", "what to say of it"},
           {"--from", "ACCOUNT", "send by this account", Word::account},
           {"--type", "TYPE", "what it is, as image/png; else by its name"},
           {"--server", "", "by the server alone"},
           {"--direct", "", "to the other device alone"},
           detach_option()},
          run};
}

}  // namespace commd::commctl
