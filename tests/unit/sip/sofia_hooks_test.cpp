// The corrections of sofia-sip that no message shows.
#include <gtest/gtest.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/su_alloc.h>

#include <memory>
#include <string>

extern "C" sip_request_t* commd_sofia_sip_request_create(su_home_t* home, sip_method_t method,
                                                         char const* name, url_string_t const* url,
                                                         char const* version);

namespace commd::sip {
namespace {

struct HomeDeleter {
  void operator()(su_home_t* home) const { su_home_unref(home); }
};
using Home = std::unique_ptr<su_home_t, HomeDeleter>;

const url_string_t* url(const char* text) { return reinterpret_cast<const url_string_t*>(text); }

TEST(SofiaHooks, ARequestLineOutlivesTheNameItsMethodWasGivenBy) {
  const Home home(static_cast<su_home_t*>(su_home_new(sizeof(su_home_t))));
  const std::string known = "REGISTER";
  const std::string unknown = "JOKE";
  const auto* line = commd_sofia_sip_request_create(home.get(), sip_method_unknown, known.c_str(),
                                                    url("sip:example.org"), nullptr);
  ASSERT_NE(line, nullptr);
  EXPECT_EQ(line->rq_method, sip_method_register);
  EXPECT_STREQ(line->rq_method_name, "REGISTER");
  EXPECT_NE(line->rq_method_name, known.c_str());
  line = commd_sofia_sip_request_create(home.get(), sip_method_unknown, unknown.c_str(),
                                        url("sip:example.org"), nullptr);
  ASSERT_NE(line, nullptr);
  EXPECT_STREQ(line->rq_method_name, "JOKE");
  EXPECT_NE(line->rq_method_name, unknown.c_str());
}

}  // namespace
}  // namespace commd::sip
