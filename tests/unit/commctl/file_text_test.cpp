// Files in words, and how a bar looks.
#include "clients/commctl/file_text.h"

#include <gtest/gtest.h>

namespace commd::commctl {
namespace {

TEST(FileText, Bytes) {
  EXPECT_EQ(bytes_text(0), "0 bytes");
  EXPECT_EQ(bytes_text(1), "1 byte");
  EXPECT_EQ(bytes_text(999), "999 bytes");
  EXPECT_EQ(bytes_text(1500), "1.5 kB");
  EXPECT_EQ(bytes_text(12'345'678), "12 MB");
  EXPECT_EQ(bytes_text(999'960), "1.0 MB");
  EXPECT_EQ(bytes_text(INT64_MAX), "9.2 EB");
}

TEST(FileText, Progress) {
  const auto text = [](int64_t bytes, int64_t size, double rate, size_t columns) {
    return render(progress_line("a.txt", bytes, size, rate, columns), Colour::off);
  };
  EXPECT_EQ(text(500, 1000, 0, 60), "a.txt  [#################                 ]  50 %  500 bytes");
  EXPECT_EQ(text(500, 1000, 100, 20), "a.txt  50 %  500 bytes  100 bytes/s  0:05 left")
      << "no room for a bar";
  EXPECT_EQ(text(500, 0, 0, 80), "a.txt  500 bytes") << "no end is known";
  EXPECT_EQ(text(2000, 1000, 5, unlimited), "a.txt  100 %  2.0 kB  5 bytes/s");
  EXPECT_EQ(text(0, 36'000'000'000, 1'000'000, unlimited),
            "a.txt  0 %  0 bytes  1.0 MB/s  10:00:00 left");
}

TEST(FileText, TheRateIsOfTheLastSeconds) {
  Rate rate;
  const Rate::Time start{};
  rate.add(100, start);
  EXPECT_EQ(rate.value(), 0);
  rate.add(1100, start + std::chrono::seconds(1));
  EXPECT_EQ(rate.value(), 1000);
  rate.add(1100, start + std::chrono::seconds(2));
  EXPECT_LT(rate.value(), 1000);
  rate.add(0, start + std::chrono::seconds(3));
  EXPECT_EQ(rate.value(), 0) << "it began anew";
}

TEST(FileText, Attachments) {
  v1::Attachment file;
  file.set_url("https://x/a");
  EXPECT_EQ(attachment_text(file), "https://x/a");
  file.set_name("a.jpg");
  file.set_size(1500);
  file.set_description("words");
  EXPECT_EQ(attachment_text(file), "a.jpg, 1.5 kB: words");
}

TEST(FileText, Rest) {
  v1::FileTransfer file;
  for (const auto& [state, rests] : {std::pair{v1::FileTransfer::STATE_WAITING, false},
                                     std::pair{v1::FileTransfer::STATE_ACTIVE, false},
                                     std::pair{v1::FileTransfer::STATE_OFFERED, true},
                                     std::pair{v1::FileTransfer::STATE_DONE, true}}) {
    file.set_state(state);
    EXPECT_EQ(is_at_rest(file), rests);
  }
  file.set_id("4f2a01bc999");
  file.set_name("a.txt");
  file.set_peer("xmpp:bob@x");
  EXPECT_EQ(render(transfer_line(file), Colour::off), "file 4f2a01bc  done  a.txt  to xmpp:bob@x");
}

}  // namespace
}  // namespace commd::commctl
