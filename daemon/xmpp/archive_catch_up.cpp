#include "daemon/xmpp/archive_catch_up.h"

#include <utility>

#include "daemon/xmpp/message_stanza.h"
#include "daemon/xmpp/muc_presence.h"
#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

void add_field(const MutableElement& form, std::string_view name, std::string_view value) {
  const MutableElement field = form.add("field").set("var", name);
  if (name == "FORM_TYPE") field.set("type", "hidden");
  field.add_with_text("value", value);
}

}  // namespace

Stanza ArchiveCatchUp::begin(std::string place, base::WallTime now) {
  place_ = std::move(place);
  start_ = now - first_days;
  before_.clear();
  found_ = pages_ = 0;
  open_.clear();
  continues_ = !place_.empty();
  phase_ = place_.empty() ? Phase::searching : Phase::reading;
  return ask();
}

void ArchiveCatchUp::give_up() {
  phase_ = Phase::idle;
  asked_.clear();
  answer_.reset();
  open_.clear();
}

Stanza ArchiveCatchUp::ask() {
  answer_.reset();
  on_page_ = 0;
  ++pages_;
  asked_ = make_id();
  Stanza iq = make_iq("set", archive_.str(), asked_);
  const MutableElement query = iq.add("query", ns::kArchive).set("queryid", asked_);
  const MutableElement form = query.add("x", ns::kDataForms).set("type", "submit");
  add_field(form, "FORM_TYPE", ns::kArchive);
  if (phase_ == Phase::searching || place_.empty()) add_field(form, "start", utc_stamp(start_));
  const MutableElement set = query.add("set", ns::kResultSets);
  set.add_with_text("max", std::to_string(page_messages));
  if (phase_ == Phase::searching)
    set.add_with_text("before", before_);
  else if (!place_.empty())
    set.add_with_text("after", place_);
  return iq;
}

std::optional<Forwarded> ArchiveCatchUp::take(const Element& message, base::WallTime now) {
  auto result = read_archive_result(message, account_, asked_, now, archive_);
  if (!result) return result;
  ++on_page_;
  if (phase_ != Phase::reading) return std::nullopt;
  return result;
}

void ArchiveCatchUp::repeated() {
  open_.clear();
  answer_.reset();
}

bool ArchiveCatchUp::take_iq(const Element& iq) {
  if (asked_.empty() || iq.id() != asked_ || !from_archive(iq, account_, archive_)) return false;
  if (iq.type() != "result" && iq.type() != "error") return false;
  const Element fin = iq.child("fin", ns::kArchive);
  const Element set = fin.child("set", ns::kResultSets);
  Answer answer;
  answer.error = iq.type() == "error" || !fin;
  answer.lost = bool(iq.child("error", ns::kClient).child("item-not-found", ns::kStanzaErrors));
  answer.complete = fin.attribute("complete") == "true" || fin.attribute("complete") == "1";
  answer.first = id_of(set.child_text("first", ns::kResultSets));
  answer.last = id_of(set.child_text("last", ns::kResultSets));
  answer_ = std::move(answer);
  return true;
}

std::optional<ArchiveCatchUp::Step> ArchiveCatchUp::step() {
  if (!running() || !answer_ || !open_.empty()) return std::nullopt;
  const Answer answer = *std::exchange(answer_, std::nullopt);
  if (answer.error && answer.lost && phase_ == Phase::reading && !place_.empty()) {
    place_.clear();
    continues_ = false;
    phase_ = Phase::searching;
    return Step{{}, ask(), false};
  }
  if (answer.error || pages_ >= most_pages) return finished({}, false);
  return phase_ == Phase::searching ? after_search(answer) : after_page(answer);
}

ArchiveCatchUp::Step ArchiveCatchUp::after_search(const Answer& answer) {
  found_ += on_page_;
  const bool more = !answer.complete && !answer.first.empty() && answer.first != before_;
  if (more && found_ < first_) {
    before_ = answer.first;
    return {{}, ask(), false};
  }
  if (found_ == 0) return finished({}, true);
  // All of them, or what is behind the oldest that counts.
  place_ = more ? answer.first : std::string();
  phase_ = Phase::reading;
  return {{}, ask(), false};
}

ArchiveCatchUp::Step ArchiveCatchUp::after_page(const Answer& answer) {
  const bool moved = !answer.last.empty() && answer.last != place_;
  if (!moved || answer.complete) return finished(moved ? answer.last : std::string(), true);
  place_ = answer.last;
  return {place_, ask(), false};
}

ArchiveCatchUp::Step ArchiveCatchUp::finished(std::string place, bool whole) {
  give_up();
  return {std::move(place), std::nullopt, true, whole};
}

}  // namespace commd::xmpp
