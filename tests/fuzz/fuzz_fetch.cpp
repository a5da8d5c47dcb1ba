// URIs, output files and archives from arbitrary bytes: nothing crashes, and nothing is written outside of the sandbox.
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "fetcher/channel.h"
#include "fetcher/program/unpack.h"
#include "fetcher/source.h"
#include "fuzz.h"

namespace {

namespace fs = std::filesystem;
using namespace stoa;
using namespace stoa::fetcher;

// One directory for all runs; `sandbox` in it is made anew for each.
const fs::path& directory() {
  static const fs::path path = [] {
    std::string name = fs::exists("/dev/shm") ? "/dev/shm/stoa-fuzz-XXXXXX" : "/tmp/stoa-fuzz-XXXXXX";
    CHECK(::mkdtemp(name.data()) != nullptr);
    std::atexit([] { fs::remove_all(directory()); });
    return fs::path(name);
  }();
  return path;
}

void texts(std::string_view text) {
  if (const auto source = parse_source(text, "/home")) {
    CHECK(!source->name.contains('/') && source->name != ".." && source->name != ".");
    CHECK(source->scheme != Scheme::local || source->uri.starts_with('/'));
  }
  if (const auto parts = parse_output_file(text)) {
    for (const std::string& part : *parts) CHECK(part != ".." && !part.empty() && !part.contains('/'));
  }
  CHECK(!shown(text).contains('\n'));
}

void archives(std::string_view bytes) {
  const auto file = memory_file(bytes);
  CHECK(file.has_value());
  const UnpackLimits limits{.bytes_max = 1 << 20, .members_max = 100};
  for (const auto unpack : {&unpack_tar, &unpack_zip}) {
    fs::create_directory(directory() / "sandbox");
    {
      const Sandbox sandbox(Descriptor(::open((directory() / "sandbox").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
      const auto unpacked = unpack(file->get(), sandbox, limits);
      CHECK(!unpacked || (unpacked->bytes <= limits.bytes_max && unpacked->members <= limits.members_max));
    }
    // The archive may have taken from its directories the right to be entered.
    CHECK(std::distance(fs::directory_iterator(directory()), {}) == 1, "something was written outside of the sandbox");
    fs::remove_all(directory() / "sandbox");
  }
  const auto out = memory_file({});
  (void)gunzip(file->get(), out->get(), limits.bytes_max);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  texts(text);
  archives(text);
  return 0;
}
