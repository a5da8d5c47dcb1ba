// What tests of stores share.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ports/store.h"

namespace stoa::store::testing {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "stoa-store-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline ports::RecordChange put(std::string kind, std::string id, std::string bytes) {
  return {.key = {.kind = std::move(kind), .id = std::move(id)}, .bytes = std::move(bytes)};
}
inline ports::RecordChange erase(std::string kind, std::string id) {
  return {.key = {.kind = std::move(kind), .id = std::move(id)}, .bytes = std::nullopt};
}
inline ports::Record record(std::string kind, std::string id, std::string bytes) {
  return {.key = {.kind = std::move(kind), .id = std::move(id)}, .bytes = std::move(bytes)};
}

inline std::future<Result<>> commit(ports::RecordStore& store, std::vector<ports::RecordChange> batch) {
  auto answer = std::make_shared<std::promise<Result<>>>();
  std::future<Result<>> result = answer->get_future();
  store.apply(std::move(batch), [answer](Result<> outcome) { answer->set_value(std::move(outcome)); });
  return result;
}

inline std::vector<ports::Record> load(ports::RecordStore& store) {
  Result<std::vector<ports::Record>> records = store.load_all();
  EXPECT_TRUE(records.has_value()) << records.error().message;
  return records.value_or(std::vector<ports::Record>());
}

}  // namespace stoa::store::testing
