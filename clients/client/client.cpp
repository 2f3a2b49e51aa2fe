#include "clients/client/client.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include "clients/client/connection.h"
#include "clients/client/status.h"

namespace commd::client {
namespace {

std::shared_ptr<grpc::Channel> make_channel(const std::string& socket) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(64 << 20);  // a long contact list comes in one piece
  // A local socket: quick to try again, nothing to look up, no proxy.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, 64 << 20);
  return grpc::CreateCustomChannel("unix:" + socket, grpc::InsecureChannelCredentials(), arguments);
}

// One unary RPC with a deadline.
template <class Stub, class Request, class Response>
Response ask(const Client& client, Stub& stub,
             grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
             const Request& request, std::chrono::milliseconds longer = {}) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + client.timeout() + longer);
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (!status.ok()) throw error_of(status, client.socket());
  return response;
}

template <class Request>
Request with_id(const std::string& id) {
  Request request;
  request.set_id(id);
  return request;
}

}  // namespace

Connection::Connection(std::string path)
    : socket(std::move(path)),
      channel(make_channel(socket)),
      system(channel),
      accounts(channel),
      calls(channel),
      devices(channel),
      events(channel),
      messages(channel),
      contacts(channel),
      presences(channel),
      files(channel) {}

Client::Client(const std::string& socket) : connection_(std::make_unique<Connection>(socket)) {}
Client::~Client() = default;

const std::string& Client::socket() const { return connection_->socket; }

v1::Status Client::get_status() const {
  return ask(*this, connection_->system, &v1::SystemService::Stub::GetStatus,
             v1::GetStatusRequest());
}

// ---- accounts -----------------------------------------------------------------

using Accounts = v1::AccountService::Stub;

v1::Account Client::create_account(const v1::CreateAccountRequest& request) const {
  return ask(*this, connection_->accounts, &Accounts::CreateAccount, request);
}

v1::DiscoverServersResponse Client::discover_servers(const std::string& address) const {
  v1::DiscoverServersRequest request;
  request.set_address(address);
  return ask(*this, connection_->accounts, &Accounts::DiscoverServers, request);
}

v1::Account Client::get_account(const std::string& id) const {
  return ask(*this, connection_->accounts, &Accounts::GetAccount,
             with_id<v1::GetAccountRequest>(id));
}

v1::ListAccountsResponse Client::list_accounts() const {
  return ask(*this, connection_->accounts, &Accounts::ListAccounts, v1::ListAccountsRequest());
}

v1::Account Client::update_account(const v1::UpdateAccountRequest& request) const {
  return ask(*this, connection_->accounts, &Accounts::UpdateAccount, request);
}

void Client::delete_account(const std::string& id) const {
  ask(*this, connection_->accounts, &Accounts::DeleteAccount,
      with_id<v1::DeleteAccountRequest>(id));
}

v1::Account Client::enable_account(const std::string& id) const {
  return ask(*this, connection_->accounts, &Accounts::EnableAccount,
             with_id<v1::EnableAccountRequest>(id));
}

v1::Account Client::disable_account(const std::string& id) const {
  return ask(*this, connection_->accounts, &Accounts::DisableAccount,
             with_id<v1::DisableAccountRequest>(id));
}

// ---- calls --------------------------------------------------------------------

using Calls = v1::CallService::Stub;

v1::Call Client::create_call(const v1::CreateCallRequest& request) const {
  return ask(*this, connection_->calls, &Calls::CreateCall, request);
}

v1::Call Client::get_call(const std::string& id) const {
  return ask(*this, connection_->calls, &Calls::GetCall, with_id<v1::GetCallRequest>(id));
}

v1::ListCallsResponse Client::list_calls(const v1::ListCallsRequest& request) const {
  return ask(*this, connection_->calls, &Calls::ListCalls, request);
}

v1::Call Client::answer_call(const v1::AnswerCallRequest& request) const {
  return ask(*this, connection_->calls, &Calls::AnswerCall, request);
}

v1::Call Client::reject_call(const v1::RejectCallRequest& request) const {
  return ask(*this, connection_->calls, &Calls::RejectCall, request);
}

v1::Call Client::hang_up_call(const std::string& id) const {
  return ask(*this, connection_->calls, &Calls::HangUpCall, with_id<v1::HangUpCallRequest>(id));
}

v1::Call Client::hold_call(const std::string& id) const {
  return ask(*this, connection_->calls, &Calls::HoldCall, with_id<v1::HoldCallRequest>(id));
}

v1::Call Client::resume_call(const std::string& id) const {
  return ask(*this, connection_->calls, &Calls::ResumeCall, with_id<v1::ResumeCallRequest>(id));
}

v1::Call Client::update_call(const v1::UpdateCallRequest& request) const {
  return ask(*this, connection_->calls, &Calls::UpdateCall, request);
}

v1::Call Client::send_dtmf(const v1::SendDtmfRequest& request) const {
  return ask(*this, connection_->calls, &Calls::SendDtmf, request);
}

v1::Call Client::transfer_call(const v1::TransferCallRequest& request) const {
  return ask(*this, connection_->calls, &Calls::TransferCall, request);
}

v1::Call Client::accept_transfer(const std::string& id) const {
  return ask(*this, connection_->calls, &Calls::AcceptTransfer,
             with_id<v1::AcceptTransferRequest>(id));
}

v1::Call Client::refuse_transfer(const std::string& id) const {
  return ask(*this, connection_->calls, &Calls::RefuseTransfer,
             with_id<v1::RefuseTransferRequest>(id));
}

v1::Call Client::record_call(const v1::RecordCallRequest& request) const {
  return ask(*this, connection_->calls, &Calls::RecordCall, request);
}

v1::Call Client::play_into_call(const v1::PlayIntoCallRequest& request) const {
  return ask(*this, connection_->calls, &Calls::PlayIntoCall, request);
}

v1::GetCallStatsResponse Client::get_call_stats(const std::string& id) const {
  return ask(*this, connection_->calls, &Calls::GetCallStats, with_id<v1::GetCallStatsRequest>(id));
}

// ---- devices ------------------------------------------------------------------

v1::ListDevicesResponse Client::list_devices() const {
  return ask(*this, connection_->devices, &v1::DeviceService::Stub::ListDevices,
             v1::ListDevicesRequest());
}

v1::TestDevicesResponse Client::test_devices(const v1::TestDevicesRequest& request) const {
  const std::chrono::seconds takes(request.seconds() == 0 ? 3 : request.seconds());
  return ask(*this, connection_->devices, &v1::DeviceService::Stub::TestDevices, request, takes);
}

// ---- messages -----------------------------------------------------------------

using Messages = v1::MessageService::Stub;

v1::Message Client::send_message(const v1::SendMessageRequest& request) const {
  return ask(*this, connection_->messages, &Messages::SendMessage, request);
}

v1::ListMessagesResponse Client::list_messages(const v1::ListMessagesRequest& request) const {
  return ask(*this, connection_->messages, &Messages::ListMessages, request);
}

v1::SearchMessagesResponse Client::search_messages(const v1::SearchMessagesRequest& request) const {
  return ask(*this, connection_->messages, &Messages::SearchMessages, request);
}

v1::Message Client::get_message(const std::string& id) const {
  return ask(*this, connection_->messages, &Messages::GetMessage,
             with_id<v1::GetMessageRequest>(id));
}

v1::Message Client::correct_message(const v1::CorrectMessageRequest& request) const {
  return ask(*this, connection_->messages, &Messages::CorrectMessage, request);
}

v1::Message Client::retract_message(const std::string& id) const {
  return ask(*this, connection_->messages, &Messages::RetractMessage,
             with_id<v1::RetractMessageRequest>(id));
}

v1::Message Client::react_to_message(const v1::ReactToMessageRequest& request) const {
  return ask(*this, connection_->messages, &Messages::ReactToMessage, request);
}

v1::MarkReadResponse Client::mark_read(const std::string& id) const {
  return ask(*this, connection_->messages, &Messages::MarkRead, with_id<v1::MarkReadRequest>(id));
}

void Client::set_typing(const v1::SetTypingRequest& request) const {
  ask(*this, connection_->messages, &Messages::SetTyping, request);
}

// ---- contacts -----------------------------------------------------------------

using Contacts = v1::ContactService::Stub;

v1::ListContactsResponse Client::list_contacts(const v1::ListContactsRequest& request) const {
  return ask(*this, connection_->contacts, &Contacts::ListContacts, request);
}

v1::Contact Client::get_contact(const std::string& id) const {
  return ask(*this, connection_->contacts, &Contacts::GetContact,
             with_id<v1::GetContactRequest>(id));
}

v1::Contact Client::add_contact(const v1::AddContactRequest& request) const {
  return ask(*this, connection_->contacts, &Contacts::AddContact, request);
}

v1::Contact Client::update_contact(const v1::UpdateContactRequest& request) const {
  return ask(*this, connection_->contacts, &Contacts::UpdateContact, request);
}

void Client::remove_contact(const std::string& id) const {
  ask(*this, connection_->contacts, &Contacts::RemoveContact,
      with_id<v1::RemoveContactRequest>(id));
}

v1::Contact Client::approve_contact(const std::string& id) const {
  return ask(*this, connection_->contacts, &Contacts::ApproveContact,
             with_id<v1::ApproveContactRequest>(id));
}

void Client::deny_contact(const std::string& id) const {
  ask(*this, connection_->contacts, &Contacts::DenyContact, with_id<v1::DenyContactRequest>(id));
}

v1::Contact Client::block_contact(const v1::BlockContactRequest& request) const {
  return ask(*this, connection_->contacts, &Contacts::BlockContact, request);
}

void Client::unblock_contact(const std::string& id) const {
  ask(*this, connection_->contacts, &Contacts::UnblockContact,
      with_id<v1::UnblockContactRequest>(id));
}

// ---- presence -----------------------------------------------------------------

using Presences = v1::PresenceService::Stub;

v1::SetPresenceResponse Client::set_presence(const v1::SetPresenceRequest& request) const {
  return ask(*this, connection_->presences, &Presences::SetPresence, request);
}

v1::ListPresencesResponse Client::list_presences() const {
  return ask(*this, connection_->presences, &Presences::ListPresences, v1::ListPresencesRequest());
}

using Files = v1::FileService::Stub;

v1::FileTransfer Client::send_file(const v1::SendFileRequest& request) const {
  return ask(*this, connection_->files, &Files::SendFile, request);
}

v1::FileTransfer Client::receive_file(const v1::ReceiveFileRequest& request) const {
  return ask(*this, connection_->files, &Files::ReceiveFile, request);
}

v1::FileTransfer Client::reject_file(const std::string& id) const {
  return ask(*this, connection_->files, &Files::RejectFile, with_id<v1::RejectFileRequest>(id));
}

v1::FileTransfer Client::cancel_file(const std::string& id) const {
  return ask(*this, connection_->files, &Files::CancelFile, with_id<v1::CancelFileRequest>(id));
}

v1::FileTransfer Client::resume_file(const std::string& id) const {
  return ask(*this, connection_->files, &Files::ResumeFile, with_id<v1::ResumeFileRequest>(id));
}

v1::FileTransfer Client::get_file(const std::string& id) const {
  return ask(*this, connection_->files, &Files::GetFile, with_id<v1::GetFileRequest>(id));
}

v1::ListFilesResponse Client::list_files(const v1::ListFilesRequest& request) const {
  return ask(*this, connection_->files, &Files::ListFiles, request);
}

}  // namespace commd::client
