// FakePeer: a master or an agent on a real socket that answers as a test tells it, and remembers what it was asked.
// Log: what handlers were told, to wait for.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "codec/record_io.h"
#include "http/server.h"
#include "sdk/encoding.h"

namespace stoa::sdk::testing {

using namespace std::chrono_literals;

constexpr auto patience = 20s;

class Log {
 public:
  void add(std::string line) {
    {
      const std::lock_guard lock(mutex_);
      lines_.push_back(std::move(line));
    }
    changed_.notify_all();
  }
  // Waits for a line that begins so, and takes out everything up to it.
  std::string wait(const std::string& begin) {
    std::unique_lock lock(mutex_);
    std::string found;
    const auto is_there = [&] {
      while (!lines_.empty() && found.empty()) {
        if (lines_.front().starts_with(begin)) found = lines_.front();
        lines_.pop_front();
      }
      return !found.empty();
    };
    EXPECT_TRUE(changed_.wait_for(lock, patience, is_there)) << "nothing began with '" << begin << "'";
    return found;
  }
  std::size_t size() {
    const std::lock_guard lock(mutex_);
    return lines_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> lines_;
};

template <typename Call, typename Event>
class FakePeer {
 public:
  struct Seen {
    Call call;
    std::string stream_id;
    std::string authorization;
    std::string content_type;
  };

  explicit FakePeer(std::string path, net::Endpoint where = {net::Address::loopback_v4(), 0}) {
    http::Router router;
    router.add(std::move(path), {"POST"},
               [this](const http::Request& request, http::Responder answer) { serve(request, std::move(answer)); });
    server_ = std::make_unique<http::Server>(loop_, http::ServerOptions{}, std::move(router));
    EXPECT_TRUE(server_->listen({where}));
    endpoint_ = server_->endpoints().front();
  }
  ~FakePeer() {
    drop();
    {
      const std::lock_guard lock(mutex_);
      held_.clear();
    }
    server_.reset();
  }

  net::Endpoint endpoint() const { return endpoint_; }
  std::string address() const { return endpoint_.to_string(); }

  // Answers to the next calls of a type, in this order; then 202, or a stream for SUBSCRIBE. 0: none until the
  // peer goes.
  void script(typename Call::Type type, http::Response response) {
    const std::lock_guard lock(mutex_);
    scripts_.push_back({type, std::move(response)});
  }
  // Sent on every stream first.
  void greet(Event event) {
    const std::lock_guard lock(mutex_);
    greetings_.push_back(std::move(event));
  }
  void send(const Event& event) {
    const std::lock_guard lock(mutex_);
    ASSERT_TRUE(stream_);
    stream_->send(codec::frame_record(encode(encoding_, event)));
  }
  void send_bytes(std::string bytes) {
    const std::lock_guard lock(mutex_);
    ASSERT_TRUE(stream_);
    stream_->send(std::move(bytes));
  }
  // Breaks the stream.
  void drop() {
    const std::lock_guard lock(mutex_);
    if (stream_) stream_->abort();
    stream_.reset();
  }

  // Waits for a call of that type and takes it out; calls of other types stay.
  Seen wait(typename Call::Type type) {
    std::unique_lock lock(mutex_);
    Seen found;
    const auto is_there = [&] {
      const auto at = std::ranges::find_if(seen_, [&](const Seen& seen) { return seen.call.type() == type; });
      if (at == seen_.end()) return false;
      found = std::move(*at);
      seen_.erase(at);
      return true;
    };
    EXPECT_TRUE(changed_.wait_for(lock, patience, is_there)) << "no " << Call::Type_Name(type) << " came";
    return found;
  }
  // How many of a type have come and were not waited for.
  std::size_t count(typename Call::Type type) {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::ranges::count(seen_, type, [](const Seen& seen) { return seen.call.type(); }));
  }

 private:
  struct Script {
    typename Call::Type type;
    http::Response response;
  };

  void serve(const http::Request& request, http::Responder answer) {
    const std::lock_guard lock(mutex_);
    Seen seen;
    seen.content_type = request.headers.get("Content-Type").value_or("");
    seen.stream_id = request.headers.get("Mesos-Stream-Id").value_or("");
    seen.authorization = request.headers.get("Authorization").value_or("");
    encoding_ = seen.content_type == "application/json" ? Encoding::json : Encoding::protobuf;
    const Result<> read = decode(encoding_, request.body, seen.call);
    EXPECT_TRUE(read) << read.error().message;
    const auto type = seen.call.type();
    const auto script = std::ranges::find(scripts_, type, &Script::type);
    if (script != scripts_.end()) {
      http::Response response = std::move(script->response);
      scripts_.erase(script);
      if (response.status == 0) {
        held_.push_back(std::move(answer));
      } else {
        answer.respond(std::move(response));
      }
    } else if (type == Call::SUBSCRIBE) {
      open(std::move(answer));
    } else {
      answer.respond(http::empty(202));
    }
    seen_.push_back(std::move(seen));
    changed_.notify_all();
  }

  void open(http::Responder answer) {
    http::Response head;
    set_media_type(encoding_, head.headers);
    head.headers.set("Mesos-Stream-Id", "stream-" + std::to_string(++streams_));
    stream_ = answer.stream(std::move(head));
    for (const Event& event : greetings_) stream_->send(codec::frame_record(encode(encoding_, event)));
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Seen> seen_;
  std::deque<Script> scripts_;
  std::vector<Event> greetings_;
  std::vector<http::Responder> held_;  // Never answered.
  Encoding encoding_ = Encoding::protobuf;
  int streams_ = 0;
  std::shared_ptr<http::Stream> stream_;
  net::Endpoint endpoint_;
  net::Loop loop_{1};
  std::unique_ptr<http::Server> server_;
};

}  // namespace stoa::sdk::testing
