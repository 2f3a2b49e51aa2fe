#include "clients/commctl/person_text.h"

namespace commd::commctl {

std::string addresses_text(const v1::Person& person) {
  std::string text;
  for (const v1::Person::Address& each : person.addresses())
    text += (text.empty() ? "" : ", ") + each.address() +
            (each.label().empty() ? "" : " (" + each.label() + ")");
  return text;
}

Line person_line(const v1::Person& person) {
  return {{"person " + person.name() + "  " + addresses_text(person)}};
}

v1::Person::Address person_address_of(const std::string& word) {
  v1::Person::Address made;
  const size_t equals = word.find('=');
  // No address has one before its colon or its @.
  const bool labelled = equals != std::string::npos && equals < word.find_first_of(":@+");
  if (labelled) made.set_label(word.substr(0, equals));
  made.set_address(labelled ? word.substr(equals + 1) : word);
  return made;
}

}  // namespace commd::commctl
