// EventStream: messages of one subscription, encoded and framed on an I/O thread in the order in which they were
// pushed.
//
// The core's thread only queues pointers. One message is one record is one HTTP chunk, since clients exist that take
// every chunk for a record (HTTP-086).
#pragma once

#include <deque>
#include <memory>
#include <mutex>

#include "codec/media_type.h"
#include "http/server.h"
#include "net/loop.h"
#include "proto/forward.h"

namespace stoa::api {

class EventStream : public std::enable_shared_from_this<EventStream> {
 public:
  // `loop` and what it runs must outlive the stream.
  EventStream(net::Loop& loop, std::shared_ptr<http::Stream> stream, codec::MediaType records)
      : loop_(loop), stream_(std::move(stream)), records_(records) {}

  // Thread-safe; never blocks. After the end nothing is sent.
  void push(std::shared_ptr<const google::protobuf::Message> message);
  // Ends the stream after what was pushed.
  void finish();
  // Called once, on an I/O thread, when the stream has ended in any way.
  void on_closed(std::function<void()> call) { stream_->on_closed(std::move(call)); }

 private:
  void drain();

  net::Loop& loop_;
  const std::shared_ptr<http::Stream> stream_;
  const codec::MediaType records_;
  std::mutex mutex_;
  std::deque<std::shared_ptr<const google::protobuf::Message>> queue_;  // Null: the end.
  bool draining_ = false;
};

}  // namespace stoa::api
