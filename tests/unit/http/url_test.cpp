// Addresses as others write them.
#include "daemon/http/url.h"

#include <gtest/gtest.h>

#include "daemon/http/exchange.h"

namespace commd::http {
namespace {

std::string text_of(std::string_view text) {
  const auto url = parse_url(text);
  return url ? url->text() : url.error().reason;
}

TEST(Url, OrdinaryOnes) {
  EXPECT_EQ(text_of("https://example.org/a/b.png?x=1#frag"), "https://example.org/a/b.png?x=1");
  EXPECT_EQ(text_of("HTTPS://Example.ORG"), "https://example.org/");
  EXPECT_EQ(text_of("https://example.org:443/"), "https://example.org/");
  EXPECT_EQ(text_of("https://example.org?x"), "https://example.org/?x");
  EXPECT_EQ(text_of("http://127.0.0.1:8080/x"), "http://127.0.0.1:8080/x");
  EXPECT_EQ(text_of("https://[::1]:8443/x"), "https://[::1]:8443/x");
  EXPECT_EQ(text_of("https://bücher.example/ä"), "https://xn--bcher-kva.example/%C3%A4");
}

TEST(Url, WhatIsNone) {
  for (const char* text :
       {"", "ftp://a/", "file:///etc/passwd", "https:/a", "https://", "https:///x", "https://a b/",
        "https://a/x y", "https://a/\r\nHost: b", "https://a\r\n/", "https://user@a/",
        "https://user:pw@a/", "https://a:0/", "https://a:99999/", "https://a:x/", "https://a\\@b/",
        "https://[::1/", "javascript:alert(1)", "https://a/\x7f"})
    EXPECT_EQ(text_of(text), "URL_INVALID") << text;
  EXPECT_EQ(text_of("https://a/" + std::string(9000, 'x')), "URL_INVALID");
}

TEST(Url, KnowsWhatStaysHere) {
  for (const char* text : {"http://127.0.0.1/", "http://127.9.9.9/", "http://localhost/",
                           "http://x.localhost/", "http://[::1]/"})
    EXPECT_TRUE(parse_url(text)->loopback()) << text;
  for (const char* text : {"http://128.0.0.1/", "http://localhost.example/", "http://10.0.0.1/"})
    EXPECT_FALSE(parse_url(text)->loopback()) << text;
}

TEST(Url, Redirects) {
  const Url from = *parse_url("https://a.example:8443/x/y?q=1");
  const auto to = [&](std::string_view location) {
    const auto url = follow(from, location);
    return url ? url->text() : url.error().reason;
  };
  EXPECT_EQ(to("https://b.example/z"), "https://b.example/z");
  EXPECT_EQ(to("/z"), "https://a.example:8443/z");
  EXPECT_EQ(to("z?r=2"), "https://a.example:8443/x/z?r=2");
  EXPECT_EQ(to("?r=2"), "https://a.example:8443/x/y?r=2");
  EXPECT_EQ(to("//b.example/z"), "https://b.example/z");
  EXPECT_EQ(to("file:///etc/passwd"), "URL_INVALID");
  EXPECT_EQ(to("/z\r\nX: y"), "URL_INVALID");
  EXPECT_EQ(to(""), "URL_INVALID");
}

TEST(Url, NamesItsFile) {
  EXPECT_EQ(name_in(*parse_url("https://a/b/c%20d.png?x")), "c d.png");
  EXPECT_EQ(name_in(*parse_url("https://a/b/")), "");
  EXPECT_EQ(name_in(*parse_url("https://a/%2e%2e%2fx%zz")), "../x%zz");
}

TEST(Field, CannotEndItsLine) {
  EXPECT_TRUE(is_field("Authorization", "Basic x="));
  EXPECT_FALSE(is_field("Authorization", "x\r\nHost: evil"));
  EXPECT_FALSE(is_field("Authorization", "x\n"));
  EXPECT_FALSE(is_field("Auth: x", "y"));
  EXPECT_FALSE(is_field("", "y"));
  EXPECT_FALSE(is_field("A", std::string(9000, 'x')));
}

}  // namespace
}  // namespace commd::http
