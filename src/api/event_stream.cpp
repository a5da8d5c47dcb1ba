#include "api/event_stream.h"

#include "codec/json.h"
#include "codec/protobuf.h"
#include "codec/record_io.h"

namespace stoa::api {

void EventStream::push(std::shared_ptr<const google::protobuf::Message> message) {
  const std::lock_guard lock(mutex_);
  queue_.push_back(std::move(message));
  if (draining_) return;
  draining_ = true;
  loop_.post([self = shared_from_this()] { self->drain(); });
}

void EventStream::finish() { push(nullptr); }

void EventStream::drain() {
  for (;;) {
    std::shared_ptr<const google::protobuf::Message> message;
    {
      const std::lock_guard lock(mutex_);
      if (queue_.empty()) {
        draining_ = false;
        return;
      }
      message = std::move(queue_.front());
      queue_.pop_front();
    }
    if (!message) {
      stream_->close();
      continue;
    }
    stream_->send(codec::frame_record(records_ == codec::MediaType::json ? codec::to_json(*message)
                                                                         : codec::to_protobuf(*message)));
  }
}

}  // namespace stoa::api
