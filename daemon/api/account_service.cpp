#include "daemon/api/account_service.h"

#include <google/protobuf/util/field_mask_util.h>

#include "daemon/api/convert.h"

namespace commd::api {
namespace {

using google::protobuf::util::FieldMaskUtil;

std::optional<base::Secret> password_from(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return base::Secret(text);
}

// What a person may change; all else of an account is output only.
base::Result<void> check_mask(const google::protobuf::FieldMask& mask) {
  for (const std::string& path : mask.paths()) {
    const bool allowed =
        path == "enabled" || path == "settings" ||
        (path.starts_with("settings.") && FieldMaskUtil::IsValidPath<v1::Account>(path));
    if (!allowed)
      return base::fail(base::invalid_argument(
          "update_mask", "\"" + path + "\" cannot be changed; use enabled or settings.NAME"));
  }
  return {};
}

// The account as it will be: what it is, with the masked fields of the request.
v1::Account merged(const model::Account& current, const v1::UpdateAccountRequest& request) {
  v1::Account account;
  to_proto(current, &account);
  FieldMaskUtil::MergeOptions options;
  options.set_replace_message_fields(true);
  options.set_replace_repeated_fields(true);
  FieldMaskUtil::MergeMessageTo(request.account(), request.update_mask(), options, &account);
  return account;
}

}  // namespace

grpc::ServerUnaryReactor* AccountService::CreateAccount(grpc::CallbackServerContext* context,
                                                        const v1::CreateAccountRequest* request,
                                                        v1::Account* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core::AccountBook::Draft draft;
    draft.id = request->account().id();
    draft.address = request->account().address();
    draft.enabled = !request->account().has_enabled() || request->account().enabled();
    draft.settings = settings_from(request->account().settings());
    draft.password = password_from(request->password());
    draft.turn_password = password_from(request->turn_password());
    draft.request_id = request->request_id();
    draft.confirm_open_microphone = request->confirm_open_microphone();
    core.accounts().create(std::move(draft), reply_with<model::Account>(response, answer));
  });
}

grpc::ServerUnaryReactor* AccountService::GetAccount(grpc::CallbackServerContext* context,
                                                     const v1::GetAccountRequest* request,
                                                     v1::Account* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    const auto account = core.accounts().find(request->id());
    if (!account) return answer(to_status(account.error()));
    to_proto(**account, response);
    answer(grpc::Status::OK);
  });
}

grpc::ServerUnaryReactor* AccountService::ListAccounts(grpc::CallbackServerContext* context,
                                                       const v1::ListAccountsRequest* request,
                                                       v1::ListAccountsResponse* response) {
  return core_.unary(context, request, [response](core::Core& core, Answer answer) {
    for (const model::Account& account : core.accounts().list())
      to_proto(account, response->add_accounts());
    answer(grpc::Status::OK);
  });
}

grpc::ServerUnaryReactor* AccountService::UpdateAccount(grpc::CallbackServerContext* context,
                                                        const v1::UpdateAccountRequest* request,
                                                        v1::Account* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    const auto account = core.accounts().find(request->account().id());
    if (!account) return answer(to_status(account.error()));
    if (const auto ok = check_mask(request->update_mask()); !ok)
      return answer(to_status(ok.error()));
    if (request->update_mask().paths().empty() && request->password().empty() &&
        request->turn_password().empty())
      return answer(
          to_status(base::invalid_argument("update_mask", "nothing to change was named")));
    const v1::Account wanted = merged(**account, *request);
    core::AccountBook::Update update;
    update.settings = settings_from(wanted.settings());
    update.enabled = wanted.enabled();
    update.password = password_from(request->password());
    update.turn_password = password_from(request->turn_password());
    update.confirm_open_microphone = request->confirm_open_microphone();
    core.accounts().update((*account)->id, std::move(update),
                           reply_with<model::Account>(response, answer));
  });
}

grpc::ServerUnaryReactor* AccountService::DeleteAccount(grpc::CallbackServerContext* context,
                                                        const v1::DeleteAccountRequest* request,
                                                        google::protobuf::Empty*) {
  return core_.unary(context, request, [request](core::Core& core, Answer answer) {
    const auto account = core.accounts().find(request->id());
    if (!account) return answer(to_status(account.error()));
    core.accounts().remove((*account)->id, [answer](const base::Result<void>& result) {
      answer(result ? grpc::Status::OK : to_status(result.error()));
    });
  });
}

template <class Request>
grpc::ServerUnaryReactor* AccountService::set_enabled(grpc::CallbackServerContext* context,
                                                      const Request* request, bool enabled,
                                                      v1::Account* response) {
  return core_.unary(context, request,
                     [request, enabled, response](core::Core& core, Answer answer) {
                       const auto account = core.accounts().find(request->id());
                       if (!account) return answer(to_status(account.error()));
                       core.accounts().set_enabled((*account)->id, enabled,
                                                   reply_with<model::Account>(response, answer));
                     });
}

grpc::ServerUnaryReactor* AccountService::EnableAccount(grpc::CallbackServerContext* context,
                                                        const v1::EnableAccountRequest* request,
                                                        v1::Account* response) {
  return set_enabled(context, request, true, response);
}

grpc::ServerUnaryReactor* AccountService::DisableAccount(grpc::CallbackServerContext* context,
                                                         const v1::DisableAccountRequest* request,
                                                         v1::Account* response) {
  return set_enabled(context, request, false, response);
}

grpc::ServerUnaryReactor* AccountService::DiscoverServers(grpc::CallbackServerContext* context,
                                                          const v1::DiscoverServersRequest* request,
                                                          v1::DiscoverServersResponse* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.discovery().discover(
        request->address(),
        [response, answer](const base::Result<core::AccountDiscovery::Found>& found) {
          if (!found) return answer(to_status(found.error()));
          for (const auto& candidate : found->candidates) {
            v1::DiscoveredServer& server = *response->add_servers();
            server.set_protocol(protocol_of(candidate.protocol));
            server.set_address(candidate.address);
            server.set_found_by(candidate.found_by);
          }
          for (const std::string& step : found->tried) response->add_tried(step);
          answer(grpc::Status::OK);
        });
  });
}

}  // namespace commd::api
