// ports::Files of XmppSignalling.
#include <utility>

#include "daemon/xmpp/xmpp_signalling_state.h"

namespace commd::xmpp {

void XmppSignalling::ask_slot(ports::SlotWish wish,
                              std::function<void(base::Result<ports::UploadSlot>)> done) {
  using Slot = base::Result<ports::UploadSlot>;
  const auto told = [state = state_.get(), done = std::move(done)](Slot slot) {
    state->post([done, slot = std::move(slot)] { done(slot); });
  };
  state_->on_stack([wish = std::move(wish), told](XmppStack& all) {
    XmppAccount* account = all.account(wish.account);
    if (!account)
      return told(base::fail(base::Code::failed_precondition, "ACCOUNT_NOT_ONLINE",
                             "the account " + wish.account.str() + " is not up"));
    account->with_files([&](FileFlow& files) { files.ask_slot(wish, told); });
  });
}

void XmppSignalling::offer(ports::FileOffer offer) {
  state_->on_stack([state = state_.get(), offer = std::move(offer)](XmppStack& all) {
    if (XmppAccount* account = all.account(offer.account))
      return account->with_files([&](FileFlow& files) { files.offer(offer); });
    ports::FileEnd end;
    end.id = offer.id;
    end.result = base::fail(base::Code::failed_precondition, "ACCOUNT_NOT_ONLINE",
                            "the account " + offer.account.str() + " is not up");
    state->file_ended(std::move(end));
  });
}

void XmppSignalling::accept(const model::AccountId& id, const model::TransferId& transfer,
                            ports::FilePlace place) {
  state_->on_account(id, [transfer, place = std::move(place)](XmppAccount& account) {
    account.with_files([&](FileFlow& files) { files.accept(transfer, place); });
  });
}

void XmppSignalling::stop(const model::AccountId& id, const model::TransferId& transfer) {
  state_->on_account(id, [transfer](XmppAccount& account) {
    account.with_files([&](FileFlow& files) { files.stop(transfer); });
  });
}

}  // namespace commd::xmpp
