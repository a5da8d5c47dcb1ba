// Bodies without an end and connections without HTTP: what is left of a connection after the head of an answer.
//
// Both are thread-safe, so that a core's thread sends without a detour. Both are bounded: a reader that lets more than
// the limit pile up is cut off as if its connection had broken (HTTP-096), and nobody waits for it (SEC-122).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/address.h"

namespace stoa::http {

class Stream {
 public:
  virtual ~Stream() = default;

  // Sends the bytes as one HTTP chunk (HTTP-086), at once and in the order of the calls. False if the stream is closed,
  // or if the limit is passed, which cuts it. Empty data is true and sends nothing.
  virtual bool send(std::string data) = 0;
  // Ends the body in order, behind what was sent; the connection may serve further requests (HTTP-093).
  virtual void close() = 0;
  // Breaks the connection at once.
  virtual void abort() = 0;
  // Calls once, on an I/O thread, when nothing can be sent any more: the peer went, the limit was passed, close(),
  // abort() or the end of the server. At once if that was before. Replaces an earlier callback.
  virtual void on_closed(std::function<void()> callback) = 0;
  // Bytes that the kernel has not taken yet.
  virtual std::size_t buffered() const = 0;
};

// Raw bytes both ways after an Upgrade. Dropping the last pointer to it does not close it: close() does.
class Channel {
 public:
  virtual ~Channel() = default;

  // As Stream::send, without chunks.
  virtual bool send(std::string data) = 0;
  // Closes in order, behind what was sent.
  virtual void close() = 0;
  virtual void abort() = 0;
  // Receives bytes as they come, on an I/O thread, one call at a time. Nothing is read before this is set.
  virtual void on_data(std::function<void(std::string_view)> callback) = 0;
  // As Stream::on_closed; never during or before a call of on_data that brings earlier bytes.
  virtual void on_closed(std::function<void()> callback) = 0;
  // Stops and resumes reading: back-pressure on the peer. A few bytes may still come after a stop.
  virtual void pause(bool paused) = 0;
  virtual std::size_t buffered() const = 0;
  virtual net::Endpoint peer() const = 0;
};

}  // namespace stoa::http
