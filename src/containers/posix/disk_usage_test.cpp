#include "containers/posix/disk_usage.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "containers/posix/testing.h"

namespace stoa::containers {
namespace {

namespace fs = std::filesystem;

const std::atomic<bool> running = false;

std::uint64_t blocks_of(const fs::path& path) {
  struct stat status{};
  EXPECT_EQ(::lstat(path.c_str(), &status), 0);
  return static_cast<std::uint64_t>(status.st_blocks) * 512;
}

void write(const fs::path& path, std::size_t bytes) { std::ofstream(path) << std::string(bytes, 'x'); }

TEST(DiskUsage, DirectoriesOfAnyDepthCountWithWhatIsInThem) {
  const testing::TemporaryDirectory directory;
  fs::path deep = directory.path();
  std::uint64_t wanted = blocks_of(deep);
  for (int i = 0; i < 100; ++i) {
    deep /= "d" + std::to_string(i % 3);
    fs::create_directory(deep);
    if (i % 10 == 0) write(deep / "file", 10'000);
  }
  for (const auto& each : fs::recursive_directory_iterator(directory.path())) wanted += blocks_of(each.path());
  EXPECT_GT(wanted, 100'000u);
  EXPECT_EQ(bytes_below(directory.path(), running), wanted);
}

TEST(DiskUsage, AFileCountsOnceAndLinksAreNotFollowed) {
  const testing::TemporaryDirectory outside;
  write(outside.path() + "/big", 1'000'000);
  const testing::TemporaryDirectory directory;
  write(directory.path() + "/a", 50'000);
  fs::create_hard_link(directory.path() + "/a", directory.path() + "/b");
  fs::create_symlink(outside.path(), directory.path() + "/out");
  const std::uint64_t bytes = *bytes_below(directory.path(), running);
  EXPECT_GE(bytes, 50'000u);
  EXPECT_LT(bytes, 100'000u);
  EXPECT_FALSE(bytes_below(directory.path() + "/none", running).has_value());
  const std::atomic<bool> stop = true;
  EXPECT_FALSE(bytes_below(directory.path(), stop).has_value());
}

}  // namespace
}  // namespace stoa::containers
