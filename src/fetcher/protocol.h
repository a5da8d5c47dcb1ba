// What the agent and its fetch program say to each other over one SOCK_SEQPACKET socket.
//
// All that touches foreign bytes or the task's files happens in a process of its own, `stoa-fetch`, with the rights of
// the task's user (SEC-113): a hole in a parser is no hole in the agent, a kill is a kill, and no file is reached that
// the user could not reach. The cache's files belong to the agent; the program sees them as open descriptors only.
//
//   agent    -> program  a Job, as the content of a memory file, with descriptors
//   program  -> agent    for a Fill: `sized`; then the agent answers `go` with a file to write to, or `stop`
//   program  -> agent    one of `done`, `current`, `bypass`, `failed`; then the program ends
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "base/user.h"
#include "fetcher/cache_index.h"

namespace stoa::fetcher {

constexpr int socket_descriptor = 3;      // Of the program.
constexpr std::size_t sources_max = 200;  // Descriptors that fit into one message, with some to spare.
constexpr std::size_t message_bytes_max = 8 * 1024;

struct Settings {
  Duration stall_timeout = std::chrono::minutes(1);
  std::uint64_t bytes_max = 0;  // Of one file (--fetcher_max_size); 0: any.
  std::string frameworks_home;
  std::string hadoop_home;
  std::vector<std::string> local_paths;  // Empty: any that the user can read.
  std::vector<std::string> allowed_networks;
  std::vector<std::string> denied_networks;

  bool operator==(const Settings&) const = default;
};

// One URI of a container.
struct Item {
  std::string uri;
  bool executable = false;
  bool extract = true;
  std::optional<std::string> output_file;
  // Where its bytes are: descriptor number `source` of those sent with the job, or nowhere yet.
  std::optional<std::uint32_t> source;
  std::string failure;  // Why they could not be had for the cache; empty: they could, or were not to.

  bool operator==(const Item&) const = default;
};

// Put the items into the sandbox, which is the first descriptor; sources follow it.
struct Place {
  std::vector<Item> items;
  std::uint64_t unpacked_bytes_max = std::uint64_t{10} << 30;
  std::uint64_t members_max = 1'000'000;

  bool operator==(const Place&) const = default;
};

// Download one URI for the cache, unless `known` is still what the origin has.
struct Fill {
  std::string uri;
  Version known;

  bool operator==(const Fill&) const = default;
};

struct Job {
  std::optional<User> user;  // Whom to become first.
  Settings settings;
  std::optional<Place> place;  // One of these two.
  std::optional<Fill> fill;
};

std::string encode(const Job& job);
// Fails with malformed.
Result<Job> decode_job(std::string_view bytes);

struct Reply {
  enum class Kind : char {
    sized = 's',    // This version will be downloaded if there is room for it.
    done = 'd',     // All is there.
    current = 'c',  // `known` is what the origin has.
    bypass = 'b',   // It cannot be cached; `text` says why.
    failed = 'f',   // `text` says why.
  };
  Kind kind = Kind::failed;
  Version version;   // With `sized`.
  std::string text;  // At most about 4 KiB are sent.

  bool operator==(const Reply&) const = default;
};
std::string encode(const Reply& reply);
Result<Reply> decode_reply(std::string_view bytes);

enum class Answer : char { go = 'g', stop = 'n' };

}  // namespace stoa::fetcher
