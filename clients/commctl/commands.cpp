#include "clients/commctl/commands.h"

namespace commd::commctl {

std::vector<Command> all_commands() {
  return {status_command(),
          account_add_command(),
          account_list_command(),
          account_show_command(),
          account_set_command(),
          account_enable_command(),
          account_disable_command(),
          account_remove_command(),
          call_command(),
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
          calls_record_command(),
          calls_play_command(),
          calls_stats_command(),
          message_send_command(),
          message_list_command(),
          watch_command(),
          wait_command(),
          device_list_command(),
          device_test_command(),
          completion_command()};
}

}  // namespace commd::commctl
