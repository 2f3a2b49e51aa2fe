#include "clients/commctl/reach.h"

#include <algorithm>

#include "clients/commctl/arguments.h"
#include "clients/commctl/words.h"

namespace commd::commctl {
namespace {

std::vector<int> states_of(const std::string& condition,
                           const google::protobuf::EnumDescriptor& type) {
  constexpr std::string_view lead = "state=";
  std::string choices;
  for (const std::string& word : enum_words(type)) choices += (choices.empty() ? "" : ", ") + word;
  if (!condition.starts_with(lead))
    throw UsageError("write --for=state=STATE; states: " + choices, "wait");
  std::vector<int> states;
  for (size_t begin = lead.size(); begin <= condition.size();) {
    const size_t end = std::min(condition.find(',', begin), condition.size());
    const std::string word = condition.substr(begin, end - begin);
    int found = 0;
    for (int i = 0; i < type.value_count(); ++i)
      if (enum_word(type, type.value(i)->number()) == word) found = type.value(i)->number();
    if (found == 0)
      throw UsageError("\"" + word + "\" is no state; states: " + choices + "." +
                           suggestion(word, enum_words(type)),
                       "wait");
    states.push_back(found);
    begin = end + 1;
  }
  return states;
}

// How far a call has come: it never goes back to a lower one.
int stage_of(v1::Call::State state) {
  if (state == v1::Call::STATE_DIALING) return 1;
  if (state == v1::Call::STATE_RINGING || state == v1::Call::STATE_EARLY) return 2;
  if (state == v1::Call::STATE_CONNECTING) return 3;
  if (state == v1::Call::STATE_ACTIVE || state == v1::Call::STATE_HELD) return 4;
  return state == v1::Call::STATE_ENDED ? 5 : 0;
}

}  // namespace

std::vector<v1::Call::State> call_states_of(const std::string& condition) {
  std::vector<v1::Call::State> states;
  for (const int state : states_of(condition, *v1::Call::State_descriptor()))
    states.push_back(static_cast<v1::Call::State>(state));
  return states;
}

std::vector<v1::Account::State> account_states_of(const std::string& condition) {
  std::vector<v1::Account::State> states;
  for (const int state : states_of(condition, *v1::Account::State_descriptor()))
    states.push_back(static_cast<v1::Account::State>(state));
  return states;
}

bool may_become(const v1::Call& call, v1::Call::State wanted) {
  if (call.state() == wanted) return true;
  const bool incoming = call.direction() == v1::Call::DIRECTION_INCOMING;
  if (incoming && (wanted == v1::Call::STATE_DIALING || wanted == v1::Call::STATE_EARLY))
    return false;
  const int now = stage_of(call.state());
  return now == 0 || stage_of(wanted) > now || (stage_of(wanted) == now && now < 5);
}

bool may_become(const v1::Account& account, v1::Account::State wanted) {
  if (account.state() == wanted || wanted == v1::Account::STATE_DISABLED) return true;
  return account.state() != v1::Account::STATE_DISABLED &&
         account.state() != v1::Account::STATE_FAILED;
}

}  // namespace commd::commctl
