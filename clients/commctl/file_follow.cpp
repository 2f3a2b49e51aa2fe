#include "clients/commctl/file_follow.h"

#include <unistd.h>

#include <optional>

#include "clients/client/event_stream.h"
#include "clients/commctl/file_text.h"
#include "clients/commctl/output.h"
#include "clients/commctl/terminal.h"

namespace commd::commctl {
namespace {

using client::EventStream;
using std::chrono::steady_clock;

constexpr std::chrono::seconds line_every{5};  // without a terminal

class Follower {
 public:
  explicit Follower(Context& context)
      : context_(context), events_(context.client()), columns_(terminal_columns(STDERR_FILENO)) {
    if (context.timeout()) deadline_ = steady_clock::now() + *context.timeout();
  }

  int run(const std::function<v1::FileTransfer()>& begin) {
    while (true) {
      const auto item = events_.next();
      if (!item) {
        if (wait_readable({events_.descriptor()}, deadline_)) continue;
        erase();
        throw client::ClientError(
            client::Code::deadline_exceeded, "",
            "the file is still " + word_of(transfer_.state()) + "; the daemon goes on with it");
      }
      if (item->kind == EventStream::Kind::lost) {
        erase();
        context_.out().say(item->error->message());
      }
      // The stream is up before it begins, so that nothing of it is missed.
      if (item->kind == EventStream::Kind::checkpoint)
        take(transfer_.id().empty() ? begin() : context_.client().get_file(transfer_.id()));
      if (item->kind == EventStream::Kind::event && !transfer_.id().empty())
        take(item->response.event());
      if (!transfer_.id().empty() && is_at_rest(transfer_)) return finish();
    }
  }

 private:
  void take(const v1::Event& event) {
    if (event.file_changed().id() == transfer_.id()) return take(event.file_changed());
    const v1::FileProgress& news = event.file_progress();
    if (news.transfer() != transfer_.id()) return;
    transfer_.set_transferred(news.transferred());
    if (news.size() > 0) transfer_.set_size(news.size());
    show(false);
  }

  void take(const v1::FileTransfer& transfer) {
    const bool further = transfer.state() != transfer_.state();
    transfer_ = transfer;
    if (context_.out().json()) {
      if (further) context_.out().print(transfer_);
      return;
    }
    if (!is_at_rest(transfer_)) show(further);
  }

  void show(bool further) {
    const auto now = steady_clock::now();
    rate_.add(transfer_.transferred(), now);
    if (context_.out().quiet() || context_.out().json()) return;
    if (columns_ == 0) {
      if (!further && now < next_line_) return;
      next_line_ = now + line_every;
      return context_.out().say(further ? transfer_line(transfer_) : progress(unlimited));
    }
    const std::string text =
        "\r\x1b[K" + render(further && transfer_.state() == v1::FileTransfer::STATE_WAITING
                                ? transfer_line(transfer_)
                                : progress(columns_ - 1),
                            context_.out().stderr_colour(), columns_ - 1);
    drawn_ = ::write(STDERR_FILENO, text.data(), text.size()) >= 0;
  }

  Line progress(size_t columns) const {
    return progress_line(transfer_.name().empty() ? transfer_.url() : transfer_.name(),
                         transfer_.transferred(), transfer_.size(), rate_.value(), columns);
  }

  void erase() {
    static constexpr std::string_view text = "\r\x1b[K";
    if (drawn_) drawn_ = ::write(STDERR_FILENO, text.data(), text.size()) < 0;
  }

  int finish() {
    erase();
    const Output& out = context_.out();
    const bool done = transfer_.state() == v1::FileTransfer::STATE_DONE;
    if (!done) {
      const std::string why =
          transfer_.fail_message().empty() ? word_of(transfer_.state()) : transfer_.fail_message();
      out.complain(word_of(transfer_.state()) + ": " + why);
      if (transfer_.state() == v1::FileTransfer::STATE_PAUSED)
        out.say("To go on: commctl file resume " + transfer_.id().substr(0, 8));
      return static_cast<int>(client::ExitCode::failed);
    }
    if (out.json()) return 0;
    if (transfer_.direction() == v1::FileTransfer::DIRECTION_INCOMING)
      out.print(transfer_.path());
    else
      out.say("Sent " + transfer_.name() + ", " + bytes_text(transfer_.size()) + ", " +
              method_text(transfer_.method()) + ".");
    return 0;
  }

  Context& context_;
  EventStream events_;
  const size_t columns_;
  Deadline deadline_;
  v1::FileTransfer transfer_;
  Rate rate_;
  steady_clock::time_point next_line_{};
  bool drawn_ = false;
};

}  // namespace

Option detach_option() {
  return {"--detach", "", "do not wait; \"file list\" and \"watch\" tell what becomes of it"};
}

int follow_file(Context& context, const std::function<v1::FileTransfer()>& begin) {
  if (!context.has("--detach")) return Follower(context).run(begin);
  const v1::FileTransfer transfer = begin();
  if (context.out().json())
    context.out().print(transfer);
  else
    context.out().print(transfer.id());
  return 0;
}

}  // namespace commd::commctl
