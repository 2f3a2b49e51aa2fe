// The accounts that `account add ADDRESS` is to make. Main thread.
#pragma once

#include <string>
#include <vector>

#include "clients/commctl/context.h"

namespace commd::commctl {

struct NewAddress {
  std::string address;
  std::string id;  // empty: the address
};

// ADDRESS as it is where it says its protocol, or --server or --transport do not leave it open;
// else what the daemon finds at its domain, said to the person. Two get the ids ID-sip and
// ID-xmpp of --id. Throws ClientError NO_SERVER_FOUND after saying all that was tried.
std::vector<NewAddress> new_addresses(Context& context);

}  // namespace commd::commctl
