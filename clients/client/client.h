// The daemon, as a client sees it: one method a unary RPC of commd.v1. Streams are
// EventStream and StatsStream.
//
// Each method blocks until the answer or the deadline and throws ClientError. The
// connection is made by the first call and made again by itself when it was lost.
// Use from one thread at a time; no method may be called from a stream's callback
// (there are none that a user of this library sees).
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "commd/v1/account.pb.h"
#include "commd/v1/call.pb.h"
#include "commd/v1/contact.pb.h"
#include "commd/v1/device.pb.h"
#include "commd/v1/discovery.pb.h"
#include "commd/v1/file.pb.h"
#include "commd/v1/message.pb.h"
#include "commd/v1/person.pb.h"
#include "commd/v1/presence.pb.h"
#include "commd/v1/room.pb.h"
#include "commd/v1/system.pb.h"

namespace commd::client {

struct Connection;

class Client {
 public:
  // `socket` is an absolute path, see socket_path().
  explicit Client(const std::string& socket);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // The deadline of each following call. Default 10 s.
  void set_timeout(std::chrono::milliseconds timeout) { timeout_ = timeout; }
  std::chrono::milliseconds timeout() const { return timeout_; }
  const std::string& socket() const;

  v1::Status get_status() const;

  v1::Account create_account(const v1::CreateAccountRequest& request) const;
  v1::DiscoverServersResponse discover_servers(const std::string& address) const;
  v1::Account get_account(const std::string& id) const;
  v1::ListAccountsResponse list_accounts() const;
  v1::Account update_account(const v1::UpdateAccountRequest& request) const;
  void delete_account(const std::string& id) const;
  v1::Account enable_account(const std::string& id) const;
  v1::Account disable_account(const std::string& id) const;

  v1::Call create_call(const v1::CreateCallRequest& request) const;
  v1::Call get_call(const std::string& id) const;
  v1::ListCallsResponse list_calls(const v1::ListCallsRequest& request) const;
  v1::Call answer_call(const v1::AnswerCallRequest& request) const;
  v1::Call reject_call(const v1::RejectCallRequest& request) const;
  v1::Call hang_up_call(const std::string& id) const;
  v1::Call hold_call(const std::string& id) const;
  v1::Call resume_call(const std::string& id) const;
  v1::Call update_call(const v1::UpdateCallRequest& request) const;
  v1::Call send_dtmf(const v1::SendDtmfRequest& request) const;
  v1::Call transfer_call(const v1::TransferCallRequest& request) const;
  v1::Call accept_transfer(const std::string& id) const;
  v1::Call refuse_transfer(const std::string& id) const;
  v1::Call verify_call(const v1::VerifyCallRequest& request) const;
  v1::Call record_call(const v1::RecordCallRequest& request) const;
  v1::Call play_into_call(const v1::PlayIntoCallRequest& request) const;
  v1::GetCallStatsResponse get_call_stats(const std::string& id) const;
  v1::ExplainCallResponse explain_call(const std::string& id) const;

  v1::ListDevicesResponse list_devices() const;
  // Takes `seconds` of the request longer than other calls.
  v1::TestDevicesResponse test_devices(const v1::TestDevicesRequest& request) const;

  v1::Message send_message(const v1::SendMessageRequest& request) const;
  v1::Message get_message(const std::string& id) const;
  v1::ListMessagesResponse list_messages(const v1::ListMessagesRequest& request) const;
  v1::SearchMessagesResponse search_messages(const v1::SearchMessagesRequest& request) const;
  v1::Message correct_message(const v1::CorrectMessageRequest& request) const;
  v1::Message retract_message(const std::string& id) const;
  v1::Message react_to_message(const v1::ReactToMessageRequest& request) const;
  v1::MarkReadResponse mark_read(const std::string& id) const;
  void set_typing(const v1::SetTypingRequest& request) const;
  v1::ListConversationsResponse list_conversations(
      const v1::ListConversationsRequest& request) const;

  v1::ListContactsResponse list_contacts(const v1::ListContactsRequest& request) const;
  v1::Contact get_contact(const std::string& id) const;
  v1::Contact add_contact(const v1::AddContactRequest& request) const;
  v1::Contact update_contact(const v1::UpdateContactRequest& request) const;
  void remove_contact(const std::string& id) const;
  v1::Contact approve_contact(const std::string& id) const;
  void deny_contact(const std::string& id) const;
  v1::Contact block_contact(const v1::BlockContactRequest& request) const;
  void unblock_contact(const std::string& id) const;
  v1::SetAvatarResponse set_avatar(const v1::SetAvatarRequest& request) const;
  v1::SetNicknameResponse set_nickname(const v1::SetNicknameRequest& request) const;

  v1::ListPeopleResponse list_people(const v1::ListPeopleRequest& request) const;
  v1::Person get_person(const std::string& id) const;
  v1::Person create_person(const v1::CreatePersonRequest& request) const;
  v1::Person update_person(const v1::UpdatePersonRequest& request) const;
  void delete_person(const std::string& id) const;
  v1::Person merge_people(const v1::MergePeopleRequest& request) const;
  v1::Person split_person(const v1::SplitPersonRequest& request) const;
  v1::SuggestMergesResponse suggest_merges() const;
  // Takes a minute longer than other calls.
  v1::ImportPeopleResponse import_people(const v1::ImportPeopleRequest& request) const;

  v1::SetPresenceResponse set_presence(const v1::SetPresenceRequest& request) const;
  v1::ListPresencesResponse list_presences() const;

  v1::ListRoomsResponse list_rooms(const v1::ListRoomsRequest& request) const;
  v1::Room get_room(const std::string& id) const;
  v1::ListOccupantsResponse list_occupants(const std::string& room) const;
  // A room may take its time to let somebody in.
  v1::Room join_room(const v1::JoinRoomRequest& request) const;
  v1::Room leave_room(const v1::LeaveRoomRequest& request) const;
  v1::Room create_room(const v1::CreateRoomRequest& request) const;
  v1::DataForm get_room_configuration(const std::string& id) const;
  v1::Room configure_room(const v1::ConfigureRoomRequest& request) const;
  void invite_to_room(const v1::InviteToRoomRequest& request) const;
  void decline_invitation(const v1::DeclineInvitationRequest& request) const;
  v1::Room set_nick(const v1::SetNickRequest& request) const;
  v1::Room set_subject(const v1::SetSubjectRequest& request) const;
  void set_affiliation(const v1::SetAffiliationRequest& request) const;
  void set_role(const v1::SetRoleRequest& request) const;
  v1::ListAffiliationsResponse list_affiliations(const v1::ListAffiliationsRequest& request) const;
  v1::Room bookmark_room(const v1::BookmarkRoomRequest& request) const;
  void destroy_room(const v1::DestroyRoomRequest& request) const;
  v1::FindRoomsResponse find_rooms(const v1::FindRoomsRequest& request) const;
  // What follows may take as long as the far end takes.
  v1::ListServicesResponse list_services(const v1::ListServicesRequest& request) const;
  v1::ListCommandsResponse list_commands(const v1::ListCommandsRequest& request) const;
  v1::CommandStep run_command(const v1::RunCommandRequest& request) const;
  v1::Registration get_registration(const v1::GetRegistrationRequest& request) const;
  void register_with(const v1::RegisterRequest& request) const;
  void unregister(const v1::UnregisterRequest& request) const;
  void set_gateway_presence(const v1::SetGatewayPresenceRequest& request) const;
  v1::FileTransfer send_file(const v1::SendFileRequest& request) const;
  v1::FileTransfer receive_file(const v1::ReceiveFileRequest& request) const;
  v1::FileTransfer reject_file(const std::string& id) const;
  v1::FileTransfer cancel_file(const std::string& id) const;
  v1::FileTransfer resume_file(const std::string& id) const;
  v1::FileTransfer get_file(const std::string& id) const;
  v1::ListFilesResponse list_files(const v1::ListFilesRequest& request) const;

  // Channel and stubs, for the streams of this library.
  Connection& connection() const { return *connection_; }

 private:
  std::unique_ptr<Connection> connection_;
  std::chrono::milliseconds timeout_{std::chrono::seconds(10)};
};

}  // namespace commd::client
