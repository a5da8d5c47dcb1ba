// What tests of fetching need: a directory that goes away, archives good and bad, and an origin that answers as told.
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

#include "base/check.h"
#include "http/server.h"
#include "net/loop.h"

namespace stoa::fetcher::testing {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = "/tmp/stoa-fetch-test-XXXXXX";
    CHECK(::mkdtemp(name.data()) != nullptr);
    ::chmod(name.c_str(), 0755);
    path = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;

  std::filesystem::path path;
};

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}
inline void write_text(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

struct Member {
  std::string name;
  std::string content;
  unsigned type = AE_IFREG;
  unsigned mode = 0644;
  std::string link = {};       // Target of a symbolic link.
  std::string hard_link = {};  // Target of a hard link.
};

enum class Packing { tar, tar_gzip, tar_bzip2, tar_xz, zip, gzip };

inline std::string pack(const std::vector<Member>& members, Packing packing = Packing::tar) {
  archive* writer = archive_write_new();
  if (packing == Packing::zip) archive_write_set_format_zip(writer);
  if (packing == Packing::gzip) archive_write_set_format_raw(writer);
  if (packing != Packing::zip && packing != Packing::gzip) archive_write_set_format_gnutar(writer);
  if (packing == Packing::tar_gzip || packing == Packing::gzip) archive_write_add_filter_gzip(writer);
  if (packing == Packing::tar_bzip2) archive_write_add_filter_bzip2(writer);
  if (packing == Packing::tar_xz) archive_write_add_filter_xz(writer);
  archive_write_set_bytes_in_last_block(writer, 1);
  std::string bytes;
  archive_write_open2(
      writer, &bytes, nullptr,
      [](archive*, void* out, const void* data, std::size_t size) -> la_ssize_t {
        static_cast<std::string*>(out)->append(static_cast<const char*>(data), size);
        return static_cast<la_ssize_t>(size);
      },
      nullptr, nullptr);
  for (const Member& member : members) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, member.name.c_str());
    archive_entry_set_filetype(entry, member.type);
    archive_entry_set_perm(entry, static_cast<mode_t>(member.mode));
    archive_entry_set_size(entry, static_cast<la_int64_t>(member.content.size()));
    if (!member.link.empty()) archive_entry_set_symlink(entry, member.link.c_str());
    if (!member.hard_link.empty()) archive_entry_set_hardlink(entry, member.hard_link.c_str());
    CHECK(archive_write_header(writer, entry) == ARCHIVE_OK);
    archive_write_data(writer, member.content.data(), member.content.size());
    archive_entry_free(entry);
  }
  archive_write_close(writer);
  archive_write_free(writer);
  return bytes;
}

// Answers a path as it was told; counts what it is asked.
class Origin {
 public:
  Origin() {
    http::Router router;
    router.add("/", http::Methods::any(), [this](http::Request request, http::Responder responder) {
      http::Handler handler;
      {
        const std::lock_guard lock(mutex_);
        ++asked_[request.method + " " + request.path];
        authorizations_.emplace_back(request.headers.get("Authorization").value_or(""));
        const auto found = handlers_.find(request.path);
        if (found != handlers_.end()) handler = found->second;
      }
      if (!handler) return responder.respond(http::text(404));
      handler(std::move(request), std::move(responder));
    });
    server_ = std::make_unique<http::Server>(loop_, http::ServerOptions{.compress = false}, std::move(router));
    CHECK(server_->listen({}).has_value());
  }
  ~Origin() { stop(); }
  void stop() {
    server_.reset();
    const std::lock_guard lock(mutex_);
    kept_.clear();
  }

  std::string url(const std::string& path) const { return "http://" + server_->endpoints().front().to_string() + path; }
  // By another address of this host; empty if it has none.
  std::string url_elsewhere(const std::string& path) const {
    return server_->endpoints().size() < 2 ? "" : "http://" + server_->endpoints()[1].to_string() + path;
  }
  void on(const std::string& path, http::Handler handler) {
    const std::lock_guard lock(mutex_);
    handlers_[path] = std::move(handler);
  }
  void serve(const std::string& path, std::string body, http::Headers headers = {}, int status = 200) {
    on(path, [body = std::move(body), headers = std::move(headers), status](http::Request, http::Responder responder) {
      responder.respond({status, headers, body});
    });
  }
  void redirect(const std::string& path, const std::string& to) {
    serve(path, "moved", http::Headers{{"Location", to}}, 302);
  }
  // Sends the head and these bytes, then nothing more.
  void stall(const std::string& path, const std::string& bytes) {
    on(path, [this, bytes](http::Request, http::Responder responder) {
      auto stream = responder.stream({.status = 200});
      stream->send(bytes);
      const std::lock_guard lock(mutex_);
      kept_.push_back(std::move(stream));
    });
  }
  int asked(const std::string& method_and_path) {
    const std::lock_guard lock(mutex_);
    return asked_[method_and_path];
  }
  std::vector<std::string> authorizations() {
    const std::lock_guard lock(mutex_);
    return authorizations_;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, http::Handler> handlers_;
  std::map<std::string, int> asked_;
  std::vector<std::string> authorizations_;
  std::vector<std::shared_ptr<http::Stream>> kept_;
  net::Loop loop_{2};
  std::unique_ptr<http::Server> server_;
};

}  // namespace stoa::fetcher::testing
