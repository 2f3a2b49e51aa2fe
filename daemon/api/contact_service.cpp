#include "daemon/api/contact_service.h"

#include "daemon/api/convert.h"

namespace commd::api {
namespace {

core::ContactBook::Done contact_to(v1::Contact* response, Answer answer) {
  return reply_with<model::Contact>(response, std::move(answer));
}

core::ContactBook::Ended ended(Answer answer) {
  return [answer = std::move(answer)](base::Result<void> result) {
    answer(result ? grpc::Status::OK : to_status(result.error()));
  };
}

template <class Response>
core::AvatarBook::Done accounts_to(Response* response, Answer answer) {
  return [response, answer = std::move(answer)](base::Result<core::AvatarBook::Accounts> result) {
    if (!answer.open()) return;
    if (!result) return answer(to_status(result.error()));
    for (const model::AccountId& id : *result) response->add_accounts(id.str());
    answer(grpc::Status::OK);
  };
}

}  // namespace

using Reactor = grpc::ServerUnaryReactor;

Reactor* ContactService::ListContacts(Context* context, const v1::ListContactsRequest* request,
                                      v1::ListContactsResponse* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    model::AccountId account;
    if (!request->account().empty()) {
      const auto found = core.accounts().find(request->account());
      if (!found) return answer(to_status(found.error()));
      account = (*found)->id;
    }
    core.attention().when_caught_up([&core, account, response, answer] {
      if (!answer.open()) return;
      for (const model::Contact& contact : core.contacts().list(account))
        to_proto(contact, response->add_contacts());
      answer(grpc::Status::OK);
    });
  });
}

Reactor* ContactService::GetContact(Context* context, const v1::GetContactRequest* request,
                                    v1::Contact* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.attention().when_caught_up([&core, request, response, answer] {
      if (answer.open()) contact_to(response, answer)(core.contacts().find(request->id()));
    });
  });
}

Reactor* ContactService::AddContact(Context* context, const v1::AddContactRequest* request,
                                    v1::Contact* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.contacts().add({request->address(),
                         request->account(),
                         request->name(),
                         {request->groups().begin(), request->groups().end()}},
                        contact_to(response, std::move(answer)));
  });
}

Reactor* ContactService::UpdateContact(Context* context, const v1::UpdateContactRequest* request,
                                       v1::Contact* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    if (request->groups_size() > 0 && !request->change_groups())
      return answer(to_status(
          base::invalid_argument("change_groups", "groups are taken with change_groups alone")));
    core::ContactBook::Change change;
    if (request->has_name()) change.name = request->name();
    if (request->change_groups())
      change.groups.emplace(request->groups().begin(), request->groups().end());
    core.contacts().update(request->id(), std::move(change),
                           contact_to(response, std::move(answer)));
  });
}

Reactor* ContactService::RemoveContact(Context* context, const v1::RemoveContactRequest* request,
                                       v1::RemoveContactResponse*) {
  return core_.unary(context, request, [request](core::Core& core, Answer answer) {
    core.contacts().remove(request->id(), ended(std::move(answer)));
  });
}

Reactor* ContactService::ApproveContact(Context* context, const v1::ApproveContactRequest* request,
                                        v1::Contact* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.contacts().approve(request->id(), contact_to(response, std::move(answer)));
  });
}

Reactor* ContactService::DenyContact(Context* context, const v1::DenyContactRequest* request,
                                     v1::DenyContactResponse*) {
  return core_.unary(context, request, [request](core::Core& core, Answer answer) {
    core.contacts().deny(request->id(), ended(std::move(answer)));
  });
}

Reactor* ContactService::BlockContact(Context* context, const v1::BlockContactRequest* request,
                                      v1::Contact* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.contacts().block(request->address(), request->account(),
                          contact_to(response, std::move(answer)));
  });
}

Reactor* ContactService::UnblockContact(Context* context, const v1::UnblockContactRequest* request,
                                        v1::UnblockContactResponse*) {
  return core_.unary(context, request, [request](core::Core& core, Answer answer) {
    core.contacts().unblock(request->id(), ended(std::move(answer)));
  });
}

Reactor* ContactService::SetAvatar(Context* context, const v1::SetAvatarRequest* request,
                                   v1::SetAvatarResponse* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.avatars().set_own(request->account(), request->picture(),
                           accounts_to(response, std::move(answer)));
  });
}

Reactor* ContactService::SetNickname(Context* context, const v1::SetNicknameRequest* request,
                                     v1::SetNicknameResponse* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.avatars().set_nickname(request->account(), request->nickname(),
                                accounts_to(response, std::move(answer)));
  });
}

}  // namespace commd::api
