#include "tests/unit/upnp/fake_router.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace commd::upnp {
namespace {

constexpr const char* kType = "urn:schemas-upnp-org:service:WANIPConnection:1";

base::UniqueFd bound(int type, uint16_t& port) {
  base::UniqueFd fd(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("no port on the loopback");
  port = ntohs(address.sin_port);
  return fd;
}

std::string between(const std::string& text, const std::string& from, const std::string& to) {
  const size_t first = text.find(from);
  if (first == text.npos) return {};
  const size_t begin = first + from.size();
  return text.substr(begin, text.find(to, begin) - begin);
}

std::string of(const std::string& request, const std::string& name) {
  return between(request, "<" + name + ">", "</" + name + ">");
}

std::string response(const std::string& status, const std::string& body) {
  return "HTTP/1.1 " + status +
         "\r\nContent-Type: text/xml\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

}  // namespace

FakeRouter::FakeRouter(Ways ways)
    : search_(bound(SOCK_DGRAM, search_port_)),
      listener_(bound(SOCK_STREAM, http_port_)),
      stop_(::eventfd(0, EFD_CLOEXEC)),
      ways_(std::move(ways)) {
  ::listen(listener_.get(), 8);
  thread_ = std::thread([this] { run(); });
}

FakeRouter::~FakeRouter() {
  const uint64_t one = 1;
  if (::write(stop_.get(), &one, sizeof one) > 0) thread_.join();
}

std::string FakeRouter::own_location() const {
  return "http://127.0.0.1:" + std::to_string(http_port_) + "/description";
}

std::vector<std::string> FakeRouter::heard() const {
  const std::lock_guard lock(mutex_);
  return heard_;
}

void FakeRouter::change(Ways ways) {
  const std::lock_guard lock(mutex_);
  ways_ = std::move(ways);
}

void FakeRouter::run() {
  for (;;) {
    std::array<pollfd, 3> all{pollfd{search_.get(), POLLIN, 0}, pollfd{listener_.get(), POLLIN, 0},
                              pollfd{stop_.get(), POLLIN, 0}};
    if (::poll(all.data(), all.size(), -1) < 0) continue;
    if (all[2].revents != 0) return;
    const std::lock_guard lock(mutex_);
    if (all[0].revents != 0) answer_search();
    if (all[1].revents != 0) answer_request();
  }
}

void FakeRouter::answer_search() {
  std::array<char, 1024> bytes;
  sockaddr_in from{};
  socklen_t size = sizeof from;
  const ssize_t got = ::recvfrom(search_.get(), bytes.data(), bytes.size(), 0,
                                 reinterpret_cast<sockaddr*>(&from), &size);
  if (got <= 0) return;
  heard_.push_back("search");
  if (!ways_.answers_search) return;
  const std::string answer =
      "HTTP/1.1 200 OK\r\nLOCATION: " + (ways_.location.empty() ? own_location() : ways_.location) +
      "\r\n\r\n";
  ::sendto(search_.get(), answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from),
           size);
}

void FakeRouter::answer_request() {
  base::UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!fd) return;
  std::string request;
  std::array<char, 4096> bytes;
  for (;;) {
    const ssize_t got = ::recv(fd.get(), bytes.data(), bytes.size(), 0);
    if (got <= 0) return;
    request.append(bytes.data(), static_cast<size_t>(got));
    if (request.ends_with("Envelope>\r\n")) break;
    if (request.starts_with("GET") && request.ends_with("\r\n\r\n")) break;
  }
  std::string answer = respond(request);
  if (answer.empty()) return kept_.push_back(std::move(fd));
  for (std::string_view left = answer; !left.empty();) {
    const ssize_t sent = ::send(fd.get(), left.data(), left.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    left.remove_prefix(static_cast<size_t>(sent));
  }
}

std::string FakeRouter::respond(const std::string& request) {
  if (request.starts_with("GET")) {
    heard_.push_back("description");
    const std::string head =
        "<root xmlns=\"urn:schemas-upnp-org:device-1-0\"><device><serviceList>";
    const std::string body = head + "<service><serviceType>" + kType +
                             "</serviceType><controlURL>" + ways_.control +
                             "</controlURL></service></serviceList></device></root>";
    if (ways_.flood)
      return "HTTP/1.1 200 OK\r\n\r\n" + head + std::string(1 << 20, ' ') + "</serviceList>";
    return response("200 OK", body);
  }
  if (ways_.mute) {
    heard_.push_back("in vain");
    return {};
  }
  return do_action(request);
}

std::string FakeRouter::do_action(const std::string& request) {
  const std::string action = between(request, std::string(kType) + "#", "\"");
  std::string said = action;
  if (action == "AddPortMapping")
    said += " " + of(request, "NewProtocol") + " " + of(request, "NewExternalPort") + " " +
            of(request, "NewInternalClient") + ":" + of(request, "NewInternalPort") + " " +
            of(request, "NewLeaseDuration");
  if (action == "DeletePortMapping")
    said += " " + of(request, "NewProtocol") + " " + of(request, "NewExternalPort");
  heard_.push_back(said);
  if (action == "AddPortMapping" && !ways_.map_errors.empty()) {
    const unsigned error = ways_.map_errors.front();
    ways_.map_errors.pop_front();
    return response(
        "500 Internal Server Error",
        "<e><UPnPError><errorCode>" + std::to_string(error) + "</errorCode></UPnPError></e>");
  }
  return response("200 OK", "<e><b><r><NewExternalIPAddress>" + ways_.outside +
                                "</NewExternalIPAddress></r></b></e>");
}

}  // namespace commd::upnp
