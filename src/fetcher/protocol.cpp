#include "fetcher/protocol.h"

#include <cstring>
#include <utility>

namespace stoa::fetcher {
namespace {

constexpr std::size_t text_bytes_max = 4 * 1024;

// One walk for both directions: the order of fields is written down once.
class Writer {
 public:
  template <typename T>
  void number(T value) {
    const auto wide = static_cast<std::uint64_t>(value);
    bytes_.append(reinterpret_cast<const char*>(&wide), sizeof wide);
  }
  void text(const std::string& value) {
    number(value.size());
    bytes_ += value;
  }
  template <typename Range, typename Each>
  void list(const Range& range, Each each) {
    number(range.size());
    for (const auto& value : range) each(*this, value);
  }
  template <typename T, typename Each>
  void optional(const std::optional<T>& value, Each each) {
    number(value.has_value());
    if (value) each(*this, *value);
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  template <typename T>
  void number(T& value) {
    std::uint64_t wide = 0;
    if (bytes_.size() < sizeof wide) return fail_now();
    std::memcpy(&wide, bytes_.data(), sizeof wide);
    bytes_.remove_prefix(sizeof wide);
    value = static_cast<T>(wide);
  }
  void text(std::string& value) {
    std::uint64_t size = 0;
    number(size);
    if (size > bytes_.size()) return fail_now();
    value = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
  }
  template <typename T, typename Each>
  void list(std::vector<T>& values, Each each) {
    std::uint64_t size = 0;
    number(size);
    for (std::uint64_t i = 0; i < size && !failed_; ++i) each(*this, values.emplace_back());
  }
  template <typename T, typename Each>
  void optional(std::optional<T>& value, Each each) {
    std::uint64_t has = 0;
    number(has);
    if (has != 0 && !failed_) each(*this, value.emplace());
  }
  bool complete() const { return !failed_ && bytes_.empty(); }

 private:
  void fail_now() {
    failed_ = true;
    bytes_ = {};
  }

  std::string_view bytes_;
  bool failed_ = false;
};

constexpr auto each_text = [](auto& io, auto& value) { io.text(value); };
constexpr auto each_number = [](auto& io, auto& value) { io.number(value); };

// `Wire` is Writer or Reader; `T` is const for the first.
template <typename Wire, typename T>
void walk_version(Wire& io, T& version) {
  io.text(version.tag);
  io.text(version.modified);
  io.number(version.bytes);
}

template <typename Wire, typename T>
void walk_settings(Wire& io, T& settings, auto& stall_nanoseconds) {
  io.number(stall_nanoseconds);
  io.number(settings.bytes_max);
  io.text(settings.frameworks_home);
  io.text(settings.hadoop_home);
  io.list(settings.local_paths, each_text);
  io.list(settings.allowed_networks, each_text);
  io.list(settings.denied_networks, each_text);
}

constexpr auto each_item = [](auto& io, auto& item) {
  io.text(item.uri);
  io.number(item.executable);
  io.number(item.extract);
  io.optional(item.output_file, each_text);
  io.optional(item.source, each_number);
  io.text(item.failure);
};

template <typename Wire, typename T>
void walk_job(Wire& io, T& job) {
  io.optional(job.user, [](auto& io, auto& user) {
    io.number(user.id);
    io.number(user.group);
    io.list(user.groups, each_number);
  });
  io.optional(job.place, [](auto& io, auto& place) {
    io.list(place.items, each_item);
    io.number(place.unpacked_bytes_max);
    io.number(place.members_max);
  });
  io.optional(job.fill, [](auto& io, auto& fill) {
    io.text(fill.uri);
    walk_version(io, fill.known);
  });
}

}  // namespace

std::string encode(const Job& job) {
  Writer writer;
  const std::int64_t stall = job.settings.stall_timeout.count();
  walk_settings(writer, job.settings, stall);
  walk_job(writer, job);
  return writer.take();
}

Result<Job> decode_job(std::string_view bytes) {
  Reader reader(bytes);
  Job job;
  std::int64_t stall = 0;
  walk_settings(reader, job.settings, stall);
  job.settings.stall_timeout = Duration(stall);
  walk_job(reader, job);
  if (!reader.complete() || job.place.has_value() == job.fill.has_value()) {
    return fail(Code::malformed, "not a job for the fetch program");
  }
  return job;
}

std::string encode(const Reply& reply) {
  Writer writer;
  writer.number(static_cast<unsigned char>(reply.kind));
  walk_version(writer, reply.version);
  writer.text(reply.text.substr(0, text_bytes_max));
  return writer.take();
}

Result<Reply> decode_reply(std::string_view bytes) {
  Reader reader(bytes);
  Reply reply;
  reader.number(reply.kind);
  walk_version(reader, reply.version);
  reader.text(reply.text);
  if (!reader.complete() || !std::string_view("sdcbf").contains(static_cast<char>(reply.kind))) {
    return fail(Code::malformed, "not a reply of the fetch program");
  }
  return reply;
}

}  // namespace stoa::fetcher
