#include "daemon/api/message_service.h"

#include "daemon/api/convert.h"

namespace commd::api {
namespace {

// A page ends here even where more was asked for: clients take answers of up to 4 MiB.
constexpr size_t most_page_bytes = 1 << 20;

// What the requests for a page of messages have in common.
template <class Request>
base::Result<ports::MessageQuery> query_of(const Request& request, unsigned default_size) {
  if (request.page_size() < 0 || request.page_size() > 1000)
    return base::fail(base::invalid_argument("page_size", "page_size is 1 to 1000"));
  ports::MessageQuery query;
  query.peer = request.address();
  query.account = model::AccountId(request.account());
  query.limit =
      request.page_size() == 0 ? default_size : static_cast<unsigned>(request.page_size());
  query.before = request.page_token();
  if (request.has_since()) query.since = time_from(request.since());
  if (request.has_until()) query.until = time_from(request.until());
  return query;
}

template <class Response>
std::function<void(base::Result<std::vector<model::Message>>)> reply_with_page(Response* response,
                                                                               size_t limit,
                                                                               Answer answer) {
  return [response, limit,
          answer = std::move(answer)](base::Result<std::vector<model::Message>> messages) {
    if (!answer.open()) return;
    if (!messages) return answer(to_status(messages.error()));
    size_t bytes = 0;
    for (const model::Message& message : *messages) {
      to_proto(message, response->add_messages());
      bytes += message.text.size();
      if (bytes >= most_page_bytes) break;
    }
    const auto sent = static_cast<size_t>(response->messages_size());
    if (sent == limit || sent < messages->size())
      response->set_next_page_token((*messages)[sent - 1].id.str());
    answer(grpc::Status::OK);
  };
}

}  // namespace

grpc::ServerUnaryReactor* MessageService::SendMessage(grpc::CallbackServerContext* context,
                                                      const v1::SendMessageRequest* request,
                                                      v1::Message* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core::MessageBook::Draft draft;
    draft.address = request->address();
    draft.account = request->account();
    draft.text = request->text();
    draft.request_id = request->request_id();
    draft.reply_to = request->reply_to();
    draft.local = request->local();
    core.messages().send(std::move(draft), reply_with<model::Message>(response, std::move(answer)));
  });
}

grpc::ServerUnaryReactor* MessageService::GetMessage(grpc::CallbackServerContext* context,
                                                     const v1::GetMessageRequest* request,
                                                     v1::Message* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.messages().get(request->id(), reply_with<model::Message>(response, std::move(answer)));
  });
}

grpc::ServerUnaryReactor* MessageService::ListMessages(grpc::CallbackServerContext* context,
                                                       const v1::ListMessagesRequest* request,
                                                       v1::ListMessagesResponse* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    auto query = query_of(*request, 100);
    if (!query) return answer(to_status(query.error()));
    query->oldest_first = request->oldest_first();
    if (!request->address().empty())
      if (const auto peer = core.messages().peer_of(request->address())) response->set_peer(*peer);
    core.messages().list(*query, reply_with_page(response, query->limit, std::move(answer)));
  });
}

grpc::ServerUnaryReactor* MessageService::SearchMessages(grpc::CallbackServerContext* context,
                                                         const v1::SearchMessagesRequest* request,
                                                         v1::SearchMessagesResponse* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    auto query = query_of(*request, 50);
    if (!query) return answer(to_status(query.error()));
    if (request->words().empty())
      return answer(to_status(base::invalid_argument("words", "there is no word to look for")));
    query->words = request->words();
    query->direction = direction_from(request->direction());
    core.messages().list(*query, reply_with_page(response, query->limit, std::move(answer)));
  });
}

grpc::ServerUnaryReactor* MessageService::CorrectMessage(grpc::CallbackServerContext* context,
                                                         const v1::CorrectMessageRequest* request,
                                                         v1::Message* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.messages().correct(request->id(), request->text(),
                            reply_with<model::Message>(response, std::move(answer)));
  });
}

grpc::ServerUnaryReactor* MessageService::RetractMessage(grpc::CallbackServerContext* context,
                                                         const v1::RetractMessageRequest* request,
                                                         v1::Message* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.messages().retract(request->id(), reply_with<model::Message>(response, std::move(answer)));
  });
}

grpc::ServerUnaryReactor* MessageService::ReactToMessage(grpc::CallbackServerContext* context,
                                                         const v1::ReactToMessageRequest* request,
                                                         v1::Message* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.messages().react(request->id(), {request->emojis().begin(), request->emojis().end()},
                          reply_with<model::Message>(response, std::move(answer)));
  });
}

grpc::ServerUnaryReactor* MessageService::MarkRead(grpc::CallbackServerContext* context,
                                                   const v1::MarkReadRequest* request,
                                                   v1::MarkReadResponse* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.messages().mark_read(request->id(), [response, answer](base::Result<size_t> marked) {
      if (!answer.open()) return;
      if (!marked) return answer(to_status(marked.error()));
      response->set_marked(static_cast<int32_t>(*marked));
      answer(grpc::Status::OK);
    });
  });
}

grpc::ServerUnaryReactor* MessageService::SetTyping(grpc::CallbackServerContext* context,
                                                    const v1::SetTypingRequest* request,
                                                    google::protobuf::Empty*) {
  return core_.unary(context, request, [request](core::Core& core, const Answer& answer) {
    const auto state = typing_from(request->state());
    if (!state)
      return answer(to_status(base::invalid_argument(
          "state", "say what this person does: STATE_COMPOSING, STATE_PAUSED, STATE_STOPPED")));
    const auto told = core.messages().set_typing(request->address(), request->account(), *state);
    answer(told ? grpc::Status::OK : to_status(told.error()));
  });
}

grpc::ServerUnaryReactor* MessageService::ListConversations(
    grpc::CallbackServerContext* context, const v1::ListConversationsRequest* request,
    v1::ListConversationsResponse* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    if (request->page_size() < 0 || request->page_size() > 1000)
      return answer(to_status(base::invalid_argument("page_size", "page_size is 1 to 1000")));
    ports::ConversationQuery query;
    query.account = model::AccountId(request->account());
    query.unread = request->unread();
    query.limit = request->page_size() == 0 ? 100 : static_cast<unsigned>(request->page_size());
    query.before = request->page_token();
    core.messages().conversations(
        query, [response, limit = query.limit,
                answer](const base::Result<std::vector<model::Conversation>>& found) {
          if (!answer.open()) return;
          if (!found) return answer(to_status(found.error()));
          size_t bytes = 0;
          for (const model::Conversation& each : *found) {
            to_proto(each, response->add_conversations());
            bytes += each.last.text.size();
            if (bytes >= most_page_bytes) break;
          }
          const auto sent = static_cast<size_t>(response->conversations_size());
          if (sent == limit || sent < found->size())
            response->set_next_page_token((*found)[sent - 1].last.id.str());
          answer(grpc::Status::OK);
        });
  });
}

}  // namespace commd::api
