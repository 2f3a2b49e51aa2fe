// SOCKS5 with itself, in pieces of every size, and with those that do not keep to it.
#include "daemon/xmpp/socks5.h"

#include <gtest/gtest.h>

namespace commd::xmpp::test {
namespace {

const std::string hash(40, 'a');

TEST(Socks5, BothSidesAgreeWhateverThePieces) {
  for (const size_t step : {1, 2, 3, 100}) {
    Socks5 client(Socks5::Side::client, hash), server(Socks5::Side::server, hash);
    std::string to_server = client.take({}), to_client;
    for (int i = 0; i < 500 && (client.state() == Socks5::State::going ||
                                server.state() == Socks5::State::going);
         ++i) {
      to_client += server.take(to_server.substr(0, step));
      to_server.erase(0, step);
      to_server += client.take(to_client.substr(0, step));
      to_client.erase(0, step);
    }
    EXPECT_EQ(client.state(), Socks5::State::done) << step;
    EXPECT_EQ(server.state(), Socks5::State::done) << step;
    EXPECT_TRUE(client.rest().empty() && server.rest().empty());
  }
}

TEST(Socks5, AnotherAddressIsRefused) {
  Socks5 server(Socks5::Side::server, hash);
  EXPECT_EQ(server.take(std::string("\5\1\0", 3)), std::string("\5\0", 2));
  server.take(std::string("\5\1\0\3\x28", 5) + std::string(40, 'b') + std::string(2, '\0'));
  EXPECT_EQ(server.state(), Socks5::State::failed);
}

TEST(Socks5, WhatIsNone) {
  for (const std::string& bytes : {std::string("GET / HTTP/1.1\r\n\r\n"),
                                   std::string("\4\1\0\0", 4), std::string("\5\1\2", 3)}) {
    Socks5 server(Socks5::Side::server, hash);
    server.take(bytes);
    EXPECT_EQ(server.state(), Socks5::State::failed);
  }
  for (const std::string& bytes :
       {std::string("\5\xff", 2), std::string("\4\0", 2), std::string("\5\0\5\1\0\3\x28", 7),
        std::string("\5\0\5\0\0\7\0", 7)}) {
    Socks5 client(Socks5::Side::client, hash);
    client.take({});
    client.take(bytes.substr(0, 2));
    client.take(bytes.substr(2));
    EXPECT_EQ(client.state(), Socks5::State::failed);
  }
  Socks5 server(Socks5::Side::server, hash);
  server.take(std::string("\5\xff", 2) + std::string(2000, 'x'));
  EXPECT_EQ(server.state(), Socks5::State::failed);
}

}  // namespace
}  // namespace commd::xmpp::test
