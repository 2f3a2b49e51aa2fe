// Every command there is, one file each in commands/. The order is that of the help.
#pragma once

#include <vector>

#include "clients/commctl/command.h"

namespace commd::commctl {

Command status_command();
Command account_add_command();
Command account_list_command();
Command account_show_command();
Command account_set_command();
Command account_enable_command();
Command account_disable_command();
Command account_remove_command();
Command call_command();
Command listen_command();
Command calls_list_command();
Command calls_show_command();
Command calls_answer_command();
Command calls_reject_command();
Command calls_hangup_command();
Command calls_hold_command();
Command calls_resume_command();
Command calls_mute_command();
Command calls_unmute_command();
Command calls_dtmf_command();
Command calls_transfer_command();
Command calls_accept_transfer_command();
Command calls_refuse_transfer_command();
Command calls_record_command();
Command calls_play_command();
Command calls_stats_command();
Command message_send_command();
Command message_list_command();
Command message_search_command();
Command message_export_command();
Command message_reply_command();
Command message_correct_command();
Command message_retract_command();
Command message_react_command();
Command message_read_command();
Command contact_list_command();
Command contact_show_command();
Command contact_add_command();
Command contact_rename_command();
Command contact_groups_command();
Command contact_remove_command();
Command contact_approve_command();
Command contact_deny_command();
Command contact_block_command();
Command contact_unblock_command();
Command file_send_command();
Command file_get_command();
Command file_accept_command();
Command file_reject_command();
Command file_cancel_command();
Command file_resume_command();
Command file_list_command();
Command file_show_command();
Command presence_set_command();
Command presence_show_command();
Command chat_command();
Command watch_command();
Command wait_command();
Command device_list_command();
Command device_test_command();
Command completion_command();

std::vector<Command> all_commands();

}  // namespace commd::commctl
