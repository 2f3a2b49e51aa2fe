#include "media/dtls/datagram_bio.h"

#include <algorithm>
#include <cstring>

namespace commd::dtls {

namespace {

DatagramWire& wire_of(BIO* bio) { return *static_cast<DatagramWire*>(BIO_get_data(bio)); }

int on_create(BIO* bio) noexcept {
  BIO_set_init(bio, 1);
  return 1;
}

}  // namespace

Bio DatagramWire::make_bio() {
  // One for the process; it has no end that would be seen.
  static const BioMethod method = [] {
    BioMethod made(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams"));
    if (made) {
      BIO_meth_set_create(made.get(), on_create);
      BIO_meth_set_write(made.get(), &DatagramWire::on_write);
      BIO_meth_set_read(made.get(), &DatagramWire::on_read);
      BIO_meth_set_ctrl(made.get(), &DatagramWire::on_control);
    }
    return made;
  }();
  Bio bio(method ? BIO_new(method.get()) : nullptr);
  if (bio) BIO_set_data(bio.get(), this);
  return bio;
}

int DatagramWire::on_write(BIO* bio, const char* data, int size) noexcept {
  DatagramWire& wire = wire_of(bio);
  BIO_clear_retry_flags(bio);
  if (size <= 0) return 0;
  // As on a network: what is too much is lost.
  if (wire.outgoing_.size() < outgoing_most) wire.outgoing_.emplace_back(data, data + size);
  return size;
}

int DatagramWire::on_read(BIO* bio, char* data, int size) noexcept {
  DatagramWire& wire = wire_of(bio);
  BIO_clear_retry_flags(bio);
  if (wire.incoming_.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const size_t taken = std::min(wire.incoming_.size(), static_cast<size_t>(std::max(size, 0)));
  std::memcpy(data, wire.incoming_.data(), taken);
  wire.incoming_ = {};  // the rest of a datagram that is too long is lost
  return static_cast<int>(taken);
}

long DatagramWire::on_control(BIO* bio, int command, long, void*) noexcept {
  switch (command) {
    case BIO_CTRL_FLUSH:
      return 1;
    case BIO_CTRL_DGRAM_QUERY_MTU:
    case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
      return static_cast<long>(wire_of(bio).mtu_);
    default:
      return 0;
  }
}

}  // namespace commd::dtls
