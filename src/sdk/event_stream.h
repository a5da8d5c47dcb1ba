// EventStream: one subscription after another: a POST whose answer is a stream of records without an end.
//
// It knows HTTP and framing, not what records mean. Everything runs on the one thread of the loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "codec/record_io.h"
#include "http/client.h"
#include "net/loop.h"

namespace stoa::sdk {

struct StreamEnd {
  int status = 0;  // Of the answer; 0: there was none.
  std::string message;
  std::optional<net::Url> location;  // Of a redirect.
};

class EventStream {
 public:
  struct Hooks {
    std::function<void(const std::string& record)> on_record;
    // Once for each open(), unless close() or open() came before.
    std::function<void(StreamEnd)> on_end;
  };
  // Both must outlive it.
  EventStream(net::Loop& loop, http::Client& client, Hooks hooks);

  // Closes what is open. Hooks may call it.
  void open(http::ClientRequest request);
  void close();
  // Ends the stream when nothing has come for `intervals_max` intervals. Time in which this thread was busy or reading
  // was paused does not count: intervals are counted, not clocks compared.
  void watch(Duration interval, int intervals_max);
  void pause(bool paused);

  // The answer's Mesos-Stream-Id; empty if it had none.
  const std::string& stream_id() const { return stream_id_; }

 private:
  void on_head(const Result<http::Response>& head);
  void on_data(std::string_view bytes);
  void on_body_end(const Result<>& ended);
  void tick();
  void end(StreamEnd end);

  net::Loop& loop_;
  http::Client& client_;
  Hooks hooks_;
  std::uint64_t opening_ = 0;                   // Which open() callbacks belong to.
  std::shared_ptr<http::ClientStream> stream_;  // Shared with the client, by its interface.
  net::Url url_;
  std::optional<codec::RecordReader> reader_;
  std::string stream_id_;
  std::string refusal_;
  StreamEnd end_;
  net::Timer timer_;
  Duration interval_{0};
  int intervals_max_ = 0;
  int silent_intervals_ = 0;
  bool is_paused_ = false;
};

}  // namespace stoa::sdk
