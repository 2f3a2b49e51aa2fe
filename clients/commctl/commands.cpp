#include "clients/commctl/commands.h"

#include <iterator>
#include <utility>

namespace commd::commctl {
namespace {

using Commands = std::vector<Command>;

Commands account_commands() {
  return {status_command(),          account_add_command(),   account_list_command(),
          account_show_command(),    account_set_command(),   account_enable_command(),
          account_disable_command(), account_remove_command()};
}

Commands call_commands() {
  return {call_command(),
          listen_command(),
          calls_list_command(),
          calls_show_command(),
          calls_answer_command(),
          calls_reject_command(),
          calls_hangup_command(),
          calls_hold_command(),
          calls_resume_command(),
          calls_mute_command(),
          calls_unmute_command(),
          calls_dtmf_command(),
          calls_transfer_command(),
          calls_accept_transfer_command(),
          calls_refuse_transfer_command(),
          calls_verify_command(),
          calls_record_command(),
          calls_play_command(),
          calls_stats_command(),
          explain_command()};
}

Commands message_commands() {
  return {message_conversations_command(),
          message_send_command(),
          message_list_command(),
          message_search_command(),
          message_export_command(),
          message_reply_command(),
          message_correct_command(),
          message_retract_command(),
          message_react_command(),
          message_read_command(),
          file_send_command(),
          file_get_command(),
          file_accept_command(),
          file_reject_command(),
          file_cancel_command(),
          file_resume_command(),
          file_list_command(),
          file_show_command(),
          chat_command()};
}

Commands people_commands() {
  return {contact_list_command(),    contact_show_command(),   contact_add_command(),
          contact_rename_command(),  contact_groups_command(), contact_remove_command(),
          contact_approve_command(), contact_deny_command(),   contact_block_command(),
          contact_unblock_command(), person_list_command(),    person_show_command(),
          person_add_command(),      person_change_command(),  person_remove_command(),
          person_merge_command(),    person_split_command(),   person_suggest_command(),
          person_import_command(),   contact_avatar_command(), contact_nickname_command(),
          presence_set_command(),    presence_show_command()};
}

Commands room_commands() {
  return {room_list_command(),          room_show_command(),     room_find_command(),
          room_join_command(),          room_leave_command(),    room_create_command(),
          room_configure_command(),     room_invite_command(),   room_decline_command(),
          room_nick_command(),          room_topic_command(),    room_members_command(),
          room_kick_command(),          room_ban_command(),      room_grant_command(),
          room_destroy_command(),       room_bookmark_command(), service_list_command(),
          service_commands_command(),   service_run_command(),   service_register_command(),
          service_unregister_command(), service_login_command(), service_logout_command()};
}

Commands other_commands() {
  return {watch_command(),       wait_command(),        doctor_command(),
          device_list_command(), device_test_command(), completion_command()};
}

}  // namespace

// In the order of --help and of the man page.
Commands all_commands() {
  Commands all;
  for (Commands some : {account_commands(), call_commands(), message_commands(), people_commands(),
                        room_commands(), other_commands()})
    std::move(some.begin(), some.end(), std::back_inserter(all));
  return all;
}

}  // namespace commd::commctl
