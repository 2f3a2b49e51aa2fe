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
      people(channel),
      rooms(channel),
      discovery(channel),
      files(channel),
      doctor(channel) {}

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

v1::Call Client::verify_call(const v1::VerifyCallRequest& request) const {
  return ask(*this, connection_->calls, &Calls::VerifyCall, request);
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

v1::ExplainCallResponse Client::explain_call(const std::string& id) const {
  return ask(*this, connection_->calls, &Calls::ExplainCall, with_id<v1::ExplainCallRequest>(id));
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

v1::ListConversationsResponse Client::list_conversations(
    const v1::ListConversationsRequest& request) const {
  return ask(*this, connection_->messages, &v1::MessageService::Stub::ListConversations, request);
}

// ---- the address book -----------------------------------------------------------

using People = v1::PersonService::Stub;

v1::ListPeopleResponse Client::list_people(const v1::ListPeopleRequest& request) const {
  return ask(*this, connection_->people, &People::ListPeople, request);
}

v1::Person Client::get_person(const std::string& id) const {
  return ask(*this, connection_->people, &People::GetPerson, with_id<v1::GetPersonRequest>(id));
}

v1::Person Client::create_person(const v1::CreatePersonRequest& request) const {
  return ask(*this, connection_->people, &People::CreatePerson, request);
}

v1::Person Client::update_person(const v1::UpdatePersonRequest& request) const {
  return ask(*this, connection_->people, &People::UpdatePerson, request);
}

void Client::delete_person(const std::string& id) const {
  ask(*this, connection_->people, &People::DeletePerson, with_id<v1::DeletePersonRequest>(id));
}

v1::Person Client::merge_people(const v1::MergePeopleRequest& request) const {
  return ask(*this, connection_->people, &People::MergePeople, request);
}

v1::Person Client::split_person(const v1::SplitPersonRequest& request) const {
  return ask(*this, connection_->people, &People::SplitPerson, request);
}

v1::SuggestMergesResponse Client::suggest_merges() const {
  return ask(*this, connection_->people, &People::SuggestMerges, v1::SuggestMergesRequest());
}

v1::ImportPeopleResponse Client::import_people(const v1::ImportPeopleRequest& request) const {
  return ask(*this, connection_->people, &People::ImportPeople, request, std::chrono::minutes(1));
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

v1::SetAvatarResponse Client::set_avatar(const v1::SetAvatarRequest& request) const {
  return ask(*this, connection_->contacts, &Contacts::SetAvatar, request);
}

v1::SetNicknameResponse Client::set_nickname(const v1::SetNicknameRequest& request) const {
  return ask(*this, connection_->contacts, &Contacts::SetNickname, request);
}

// ---- presence -----------------------------------------------------------------

using Presences = v1::PresenceService::Stub;

v1::SetPresenceResponse Client::set_presence(const v1::SetPresenceRequest& request) const {
  return ask(*this, connection_->presences, &Presences::SetPresence, request);
}

v1::ListPresencesResponse Client::list_presences() const {
  return ask(*this, connection_->presences, &Presences::ListPresences, v1::ListPresencesRequest());
}

// ---- rooms --------------------------------------------------------------------

using Rooms = v1::RoomService::Stub;

// As long as the daemon waits for a room, and more.
constexpr std::chrono::seconds room_patience{60};

v1::ListRoomsResponse Client::list_rooms(const v1::ListRoomsRequest& request) const {
  return ask(*this, connection_->rooms, &Rooms::ListRooms, request);
}

v1::Room Client::get_room(const std::string& id) const {
  return ask(*this, connection_->rooms, &Rooms::GetRoom, with_id<v1::GetRoomRequest>(id));
}

v1::Room Client::join_room(const v1::JoinRoomRequest& request) const {
  return ask(*this, connection_->rooms, &Rooms::JoinRoom, request, room_patience);
}

v1::Room Client::leave_room(const v1::LeaveRoomRequest& request) const {
  return ask(*this, connection_->rooms, &Rooms::LeaveRoom, request);
}

v1::Room Client::create_room(const v1::CreateRoomRequest& request) const {
  return ask(*this, connection_->rooms, &Rooms::CreateRoom, request, room_patience);
}

v1::DataForm Client::get_room_configuration(const std::string& id) const {
  return ask(*this, connection_->rooms, &Rooms::GetRoomConfiguration,
             with_id<v1::GetRoomConfigurationRequest>(id));
}

v1::Room Client::configure_room(const v1::ConfigureRoomRequest& request) const {
  return ask(*this, connection_->rooms, &Rooms::ConfigureRoom, request);
}

void Client::invite_to_room(const v1::InviteToRoomRequest& request) const {
  ask(*this, connection_->rooms, &Rooms::InviteToRoom, request);
}

void Client::decline_invitation(const v1::DeclineInvitationRequest& request) const {
  ask(*this, connection_->rooms, &Rooms::DeclineInvitation, request);
}

v1::Room Client::set_nick(const v1::SetNickRequest& request) const {
  return ask(*this, connection_->rooms, &Rooms::SetNick, request);
}

v1::Room Client::set_subject(const v1::SetSubjectRequest& request) const {
  return ask(*this, connection_->rooms, &Rooms::SetSubject, request);
}

void Client::set_affiliation(const v1::SetAffiliationRequest& request) const {
  ask(*this, connection_->rooms, &Rooms::SetAffiliation, request);
}

void Client::set_role(const v1::SetRoleRequest& request) const {
  ask(*this, connection_->rooms, &Rooms::SetRole, request);
}

v1::ListAffiliationsResponse Client::list_affiliations(
    const v1::ListAffiliationsRequest& request) const {
  return ask(*this, connection_->rooms, &Rooms::ListAffiliations, request);
}

v1::Room Client::bookmark_room(const v1::BookmarkRoomRequest& request) const {
  return ask(*this, connection_->rooms, &Rooms::BookmarkRoom, request);
}

void Client::destroy_room(const v1::DestroyRoomRequest& request) const {
  ask(*this, connection_->rooms, &Rooms::DestroyRoom, request);
}

v1::FindRoomsResponse Client::find_rooms(const v1::FindRoomsRequest& request) const {
  return ask(*this, connection_->rooms, &Rooms::FindRooms, request);
}

v1::ListOccupantsResponse Client::list_occupants(const std::string& room) const {
  v1::ListOccupantsRequest request;
  request.set_room(room);
  return ask(*this, connection_->rooms, &Rooms::ListOccupants, request);
}
// ---- services -----------------------------------------------------------------

using Discovery = v1::DiscoveryService::Stub;

// Somebody far away answers, or is given up by the daemon after 30 s.
constexpr std::chrono::seconds far_end{25};

v1::ListServicesResponse Client::list_services(const v1::ListServicesRequest& request) const {
  return ask(*this, connection_->discovery, &Discovery::ListServices, request, far_end);
}

v1::ListCommandsResponse Client::list_commands(const v1::ListCommandsRequest& request) const {
  return ask(*this, connection_->discovery, &Discovery::ListCommands, request, far_end);
}

v1::CommandStep Client::run_command(const v1::RunCommandRequest& request) const {
  return ask(*this, connection_->discovery, &Discovery::RunCommand, request, far_end);
}

v1::Registration Client::get_registration(const v1::GetRegistrationRequest& request) const {
  return ask(*this, connection_->discovery, &Discovery::GetRegistration, request, far_end);
}

void Client::register_with(const v1::RegisterRequest& request) const {
  ask(*this, connection_->discovery, &Discovery::Register, request, far_end);
}

void Client::unregister(const v1::UnregisterRequest& request) const {
  ask(*this, connection_->discovery, &Discovery::Unregister, request, far_end);
}

void Client::set_gateway_presence(const v1::SetGatewayPresenceRequest& request) const {
  ask(*this, connection_->discovery, &Discovery::SetGatewayPresence, request, far_end);
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
