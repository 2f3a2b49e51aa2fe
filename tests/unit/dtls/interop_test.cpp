// The openssl program at the other end, over UDP on this machine.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

#include "daemon/base/unique_fd.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/dtls/two_ends.h"

namespace commd::dtls {
namespace {

using namespace std::chrono_literals;
using base::UniqueFd;

base::MonoTime now() { return std::chrono::steady_clock::now(); }

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

UniqueFd bound_socket(uint16_t& port) {
  UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
  port = ntohs(address.sin_port);
  return fd;
}

// The program with its output; its input stays open until it goes.
class OpensslProgram {
 public:
  explicit OpensslProgram(std::vector<std::string> arguments) {
    int in[2];
    int out[2];
    EXPECT_EQ(::pipe2(in, O_CLOEXEC), 0);
    EXPECT_EQ(::pipe2(out, O_CLOEXEC), 0);
    arguments.insert(arguments.begin(), "openssl");
    std::vector<char*> raw;
    for (std::string& one : arguments) raw.push_back(one.data());
    raw.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(in[0], 0);
      ::dup2(out[1], 1);
      ::dup2(out[1], 2);
      ::execvp("openssl", raw.data());
      ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    in_.reset(in[1]);
    out_.reset(out[0]);
    ::fcntl(out_.get(), F_SETFL, O_NONBLOCK);
  }
  ~OpensslProgram() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  OpensslProgram(const OpensslProgram&) = delete;
  OpensslProgram& operator=(const OpensslProgram&) = delete;

  int fd() const { return out_.get(); }
  const std::string& output() {
    char buffer[4096];
    ssize_t size = 0;
    while ((size = ::read(out_.get(), buffer, sizeof buffer)) > 0) {
      output_.append(buffer, static_cast<size_t>(size));
    }
    return output_;
  }

 private:
  pid_t pid_ = -1;
  UniqueFd in_;
  UniqueFd out_;
  std::string output_;
};

std::string upper_hex(std::span<const uint8_t> bytes) {
  std::string text;
  for (const uint8_t byte : bytes) {
    text += "0123456789ABCDEF"[byte >> 4];
    text += "0123456789ABCDEF"[byte & 15];
  }
  return text;
}

class InteropTest : public testing::Test {
 protected:
  InteropTest() {
    test::write_file(folder_ / "certificate.pem", bob().certificate_pem());
    test::write_file(folder_ / "key.pem", std::string(bob().key_pem().reveal()));
  }
  std::vector<std::string> common(const std::string& verb) const {
    return {verb,
            "-dtls1_2",
            "-use_srtp",
            "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80",
            "-cert",
            (folder_ / "certificate.pem").string(),
            "-key",
            (folder_ / "key.pem").string(),
            "-keymatexport",
            "EXTRACTOR-dtls_srtp",
            "-keymatexportlen",
            "56"};
  }

  // Moves datagrams until `done`, at most 20 s.
  template <class Done>
  bool run(DtlsAssociation& ours, int fd, sockaddr_in& peer, OpensslProgram& program, Done done) {
    const auto give_up = now() + 20s;
    while (!done()) {
      while (const auto datagram = ours.take_datagram()) {
        ::sendto(fd, datagram->data(), datagram->size(), 0,
                 reinterpret_cast<const sockaddr*>(&peer), sizeof peer);
      }
      if (now() > give_up) return false;
      const auto due = std::min(ours.deadline().value_or(give_up), give_up);
      const auto wait = std::chrono::ceil<std::chrono::milliseconds>(due - now());
      pollfd fds[] = {{fd, POLLIN, 0}, {program.fd(), POLLIN, 0}};
      ::poll(fds, 2, static_cast<int>(std::clamp<long>(wait.count(), 0, 200)));
      uint8_t buffer[65536];
      socklen_t size = sizeof peer;
      ssize_t got = 0;
      while ((got = ::recvfrom(fd, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&peer),
                               &size)) > 0) {
        ours.receive({buffer, static_cast<size_t>(got)}, now());
      }
      ours.tick(now());
    }
    return true;
  }

  // What the program printed of the exported keys, against ours.
  void expect_its_keys(const std::string& output, const SrtpKeys& keys, bool we_are_client) {
    const auto client = (we_are_client ? keys.outbound : keys.inbound).reveal();
    const auto server = (we_are_client ? keys.inbound : keys.outbound).reveal();
    Bytes material(client.begin(), client.begin() + 16);
    material.insert(material.end(), server.begin(), server.begin() + 16);
    material.insert(material.end(), client.begin() + 16, client.end());
    material.insert(material.end(), server.begin() + 16, server.end());
    EXPECT_NE(output.find("Keying material: " + upper_hex(material)), std::string::npos) << output;
  }

  test::TempFolder folder_;
};

TEST_F(InteropTest, WithAServer) {
  // Its port is free when it is asked for; should another program be faster, the
  // handshake would fail and say so.
  uint16_t port = 0;
  bound_socket(port).reset();
  auto arguments = common("s_server");
  const std::string where = "127.0.0.1:" + std::to_string(port);
  arguments.insert(arguments.end(), {"-accept", where, "-Verify", "1"});
  OpensslProgram server(arguments);
  uint16_t own = 0;
  const UniqueFd socket = bound_socket(own);
  sockaddr_in peer = loopback(port);
  DtlsAssociation ours = *DtlsAssociation::create(alice(), {.role = DtlsRole::active});
  ours.expect({bob().fingerprint()}, now());
  ours.start(now());
  const auto over = [&] { return ours.state() != DtlsState::connecting; };
  ASSERT_TRUE(run(ours, socket.get(), peer, server, over)) << server.output();
  ASSERT_EQ(ours.state(), DtlsState::connected) << ours.error().message << server.output();
  EXPECT_EQ(ours.profile(), srtp::SrtpProfile::aead_aes_128_gcm);
  const auto printed = [&] {
    return server.output().find("Keying material: ") != std::string::npos &&
           server.output().find('\n', server.output().find("Keying material: ")) !=
               std::string::npos;
  };
  ASSERT_TRUE(run(ours, socket.get(), peer, server, printed)) << server.output();
  expect_its_keys(server.output(), *ours.keys(), true);
}

TEST_F(InteropTest, WithAClient) {
  uint16_t port = 0;
  const UniqueFd socket = bound_socket(port);
  auto arguments = common("s_client");
  arguments.push_back("-connect");
  arguments.push_back("127.0.0.1:" + std::to_string(port));
  OpensslProgram client(arguments);
  sockaddr_in peer{};
  DtlsAssociation ours = *DtlsAssociation::create(alice(), {.role = DtlsRole::passive});
  ours.expect({bob().fingerprint()}, now());
  ours.start(now());
  const auto over = [&] { return ours.state() != DtlsState::connecting; };
  ASSERT_TRUE(run(ours, socket.get(), peer, client, over)) << client.output();
  ASSERT_EQ(ours.state(), DtlsState::connected) << ours.error().message << client.output();
  const auto printed = [&] {
    const size_t at = client.output().find("Keying material: ");
    return at != std::string::npos && client.output().find('\n', at) != std::string::npos;
  };
  ASSERT_TRUE(run(ours, socket.get(), peer, client, printed)) << client.output();
  expect_its_keys(client.output(), *ours.keys(), false);
}

}  // namespace
}  // namespace commd::dtls
