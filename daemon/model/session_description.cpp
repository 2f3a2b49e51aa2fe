#include "daemon/model/session_description.h"

#include <algorithm>

namespace commd::model {

bool sends(Direction direction) {
  return direction == Direction::send_only || direction == Direction::send_recv;
}

bool receives(Direction direction) {
  return direction == Direction::recv_only || direction == Direction::send_recv;
}

Direction make_direction(bool send, bool receive) {
  if (send) return receive ? Direction::send_recv : Direction::send_only;
  return receive ? Direction::recv_only : Direction::inactive;
}

Direction mirrored(Direction direction) {
  return make_direction(receives(direction), sends(direction));
}

Direction intersect(Direction wanted, Direction offered_by_peer) {
  const Direction allowed = mirrored(offered_by_peer);
  return make_direction(sends(wanted) && sends(allowed), receives(wanted) && receives(allowed));
}

const char* to_string(Direction direction) {
  switch (direction) {
    case Direction::inactive:
      return "inactive";
    case Direction::recv_only:
      return "recvonly";
    case Direction::send_only:
      return "sendonly";
    case Direction::send_recv:
      return "sendrecv";
  }
  return "inactive";
}

const char* to_string(IceCandidate::Type type) {
  switch (type) {
    case IceCandidate::Type::host:
      return "host";
    case IceCandidate::Type::server_reflexive:
      return "srflx";
    case IceCandidate::Type::peer_reflexive:
      return "prflx";
    case IceCandidate::Type::relayed:
      return "relay";
  }
  return "host";
}

namespace {

void add_news(IceParameters& known, const IceParameters& news) {
  const bool restart = !known.ufrag.empty() && !news.ufrag.empty() && news.ufrag != known.ufrag;
  if (restart) known.candidates.clear();
  // Some repeat the credentials, some do not.
  if (!news.ufrag.empty()) {
    known.ufrag = news.ufrag;
    known.password = news.password;
  }
  known.end_of_candidates = news.end_of_candidates || (known.end_of_candidates && !restart);
  for (const IceCandidate& each : news.candidates)
    if (known.candidates.size() < most_ice_candidates) known.candidates.push_back(each);
}

}  // namespace

void add_news(TransportDescription& transport, const TransportDescription& news) {
  if (news.dtls) transport.dtls = news.dtls;
  if (news.ice && transport.ice) {
    add_news(*transport.ice, *news.ice);
  } else if (!news.ice && !transport.ice) {
    transport.rtp = news.rtp;
    transport.rtcp = news.rtcp;
  }
}

bool is_hold(const SessionDescription& description) {
  bool live = false;
  for (const StreamDescription& stream : description.streams) {
    if (stream.rejected) continue;
    live = true;
    if (receives(stream.direction)) return false;
  }
  return live;
}

}  // namespace commd::model
