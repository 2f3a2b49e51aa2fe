#include <algorithm>
#include <stdexcept>

#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/form_dialogue.h"

namespace commd::commctl {
namespace {

using v1::CommandStep;

// A command that never ends is called off.
constexpr int most_steps = 50;

// Whoever has the beginning of a name, or what a person reads, need not type the whole.
std::string node_of(Context& context, const std::string& typed) {
  v1::ListCommandsRequest request;
  request.set_address(context.word(0));
  request.set_account(context.option("--from"));
  std::vector<std::string> near;
  const v1::ListCommandsResponse listed = context.client().list_commands(request);
  for (const v1::Command& each : listed.commands()) {
    if (each.node() == typed) return typed;
    const size_t hash = each.node().rfind('#');
    const bool end = hash != std::string::npos && each.node().substr(hash + 1) == typed;
    if (end || each.name() == typed || each.node().starts_with(typed)) near.push_back(each.node());
  }
  // One that is not listed may be there all the same.
  if (near.empty()) return typed;
  if (near.size() == 1) return near.front();
  std::string choices;
  for (const std::string& each : near) choices += " " + each;
  throw UsageError("\"" + typed + "\" could be several commands:" + choices);
}

Style style_of(CommandStep::Note::Level level) {
  if (level == CommandStep::Note::LEVEL_ERROR) return Style::bad;
  return level == CommandStep::Note::LEVEL_WARN ? Style::warning : Style::plain;
}

bool failed(const CommandStep& step) {
  return std::any_of(step.notes().begin(), step.notes().end(), [](const auto& note) {
    return note.level() == CommandStep::Note::LEVEL_ERROR;
  });
}

class Run {
 public:
  explicit Run(Context& context) : context_(context), dialogue_(context) {}

  int go() {
    v1::RunCommandRequest begin;
    begin.set_address(context_.word(0));
    begin.set_account(context_.option("--from"));
    begin.set_node(node_of(context_, context_.word(1)));
    step_ = context_.client().run_command(begin);
    for (int steps = 0; show(); ++steps) {
      if (steps == most_steps) {
        cancel();
        throw std::runtime_error("the command does not end; it was called off");
      }
      if (!advance()) return 1;
    }
    return end();
  }

 private:
  const Output& out() const { return context_.out(); }

  // What the step says; true: it asks something.
  bool show() const {
    if (out().json()) out().print(step_);
    for (const auto& note : step_.notes())
      if (!out().json()) out().say(Line{{note.text(), style_of(note.level())}});
    return step_.status() == CommandStep::STATUS_EXECUTING;
  }

  // False: it was called off.
  bool advance() {
    v1::RunCommandRequest request;
    request.set_session(step_.session());
    try {
      auto filled = dialogue_.fill(step_.form());
      const auto action = filled ? next_action() : CommandStep::ACTION_CANCEL;
      if (action == CommandStep::ACTION_CANCEL) {
        cancel();
        out().say("Called off.");
        return false;
      }
      request.set_action(action);
      if (action != CommandStep::ACTION_PREV && step_.has_form()) *request.mutable_form() = *filled;
      step_ = context_.client().run_command(request);
    } catch (const client::ClientError& error) {
      // A person can answer better; a script is to be told.
      if (!dialogue_.asks() || error.code() != client::Code::invalid_argument) {
        cancel();
        throw;
      }
      out().complain(error);
    } catch (const UsageError&) {
      cancel();
      throw;
    }
    return true;
  }

  CommandStep::Action next_action() const {
    const auto& all = step_.actions();
    if (!dialogue_.asks()) return CommandStep::ACTION_UNSPECIFIED;
    const auto may = [&](CommandStep::Action action) {
      return std::find(all.begin(), all.end(), action) != all.end();
    };
    std::string choices;
    if (may(CommandStep::ACTION_PREV)) choices += "b back, ";
    if (may(CommandStep::ACTION_COMPLETE) && step_.default_action() != CommandStep::ACTION_COMPLETE)
      choices += "c complete, ";
    if (choices.empty() && step_.form().fields_size() > 0) return CommandStep::ACTION_UNSPECIFIED;
    while (true) {
      const auto typed =
          ask_line(context_, {{"Enter goes on; " + choices + "q calls it off: ", Style::dim}});
      if (!typed || *typed == "q") return CommandStep::ACTION_CANCEL;
      if (typed->empty()) return CommandStep::ACTION_UNSPECIFIED;
      if (*typed == "b" && may(CommandStep::ACTION_PREV)) return CommandStep::ACTION_PREV;
      if (*typed == "c" && may(CommandStep::ACTION_COMPLETE)) return CommandStep::ACTION_COMPLETE;
    }
  }

  // The far end may have ended it by itself.
  void cancel() const {
    v1::RunCommandRequest request;
    request.set_session(step_.session());
    request.set_action(CommandStep::ACTION_CANCEL);
    try {
      context_.client().run_command(request);
    } catch (const client::ClientError&) {
    }
  }

  int end() const {
    if (!out().json() && step_.has_form())
      for (const Line& line : result_lines(step_.form(), unlimited)) out().print(line);
    if (const std::string unused = dialogue_.unused(); !unused.empty()) {
      out().complain(unused);
      return 1;
    }
    if (step_.status() == CommandStep::STATUS_CANCELED) out().say("Called off.");
    if (step_.status() != CommandStep::STATUS_COMPLETED || failed(step_)) return 1;
    if (!out().json() && step_.notes_size() == 0 && !step_.has_form()) out().say("Done.");
    return 0;
  }

  Context& context_;
  FormDialogue dialogue_;
  CommandStep step_;
};

int run(Context& context) { return Run(context).go(); }

}  // namespace

Command service_run_command() {
  std::vector<Option> options = form_options();
  options.push_back({"--from", "ACCOUNT", "run it by this account", Word::account});
  return {"service run",
          "Run a command of a service",
          "What the command asks is asked in the terminal: Enter keeps what stands in brackets,\n"
          "Ctrl-D calls it off. For scripts the answers are given with --set; secrets with\n"
          "--set-file only. With --json each step is an object.",
          {{"commctl service run irc.example.org configure", ""},
           {"commctl service run irc.example.org configure --set record_history=no",
            "without being asked"},
           {"commctl service run example.org ping", "a command by its name or the end of it"}},
          {{"ADDRESS", "xmpp:domain, domain, or a device: user@domain/device"},
           {"COMMAND", "as \"service commands\" names it, the beginning or the end of that"}},
          std::move(options),
          run};
}

}  // namespace commd::commctl
