#include "sdk/event_stream.h"

#include <fmt/format.h>

#include "base/text.h"

namespace stoa::sdk {
namespace {

constexpr std::size_t record_bytes_max = 64 << 20;
constexpr std::size_t refusal_bytes_max = 4096;

}  // namespace

EventStream::EventStream(net::Loop& loop, http::Client& client, Hooks hooks)
    : loop_(loop), client_(client), hooks_(std::move(hooks)) {}

void EventStream::open(http::ClientRequest request) {
  close();
  url_ = request.url;
  reader_.emplace(record_bytes_max);
  stream_id_.clear();
  refusal_.clear();
  end_ = {};
  silent_intervals_ = 0;
  is_paused_ = false;
  const std::uint64_t opening = opening_;
  const auto if_current = [this, opening](auto call) {
    return [this, opening, call](const auto& argument) {
      if (opening == opening_) (this->*call)(argument);
    };
  };
  stream_ = client_.stream(std::move(request), if_current(&EventStream::on_head), if_current(&EventStream::on_data),
                           if_current(&EventStream::on_body_end));
}

void EventStream::close() {
  ++opening_;
  timer_.cancel();
  if (const auto stream = std::exchange(stream_, nullptr)) stream->close();
}

void EventStream::watch(Duration interval, int intervals_max) {
  interval_ = interval;
  intervals_max_ = intervals_max;
  silent_intervals_ = 0;
  timer_ = loop_.after(interval_, [this] { tick(); });
}

void EventStream::pause(bool paused) {
  if (is_paused_ == paused || !stream_) return;
  is_paused_ = paused;
  silent_intervals_ = 0;
  stream_->pause(paused);
}

void EventStream::tick() {
  if (!is_paused_) ++silent_intervals_;
  if (silent_intervals_ >= intervals_max_) {
    return end({0,
                fmt::format("{}: nothing came for {}", url_.authority(), format_duration(interval_ * intervals_max_)),
                std::nullopt});
  }
  timer_ = loop_.after(interval_, [this] { tick(); });
}

void EventStream::on_head(const Result<http::Response>& head) {
  if (!head) return end({0, fmt::format("{}: {}", url_.authority(), head.error().message), std::nullopt});
  end_.status = head->status;
  stream_id_ = head->headers.get("Mesos-Stream-Id").value_or("");
  if (const auto location = head->headers.get("Location")) {
    if (Result<net::Url> url = net::Url::resolve(url_, *location); url) end_.location = *std::move(url);
  }
}

void EventStream::on_data(std::string_view bytes) {
  silent_intervals_ = 0;
  if (end_.status != 200) {
    refusal_ += bytes.substr(0, refusal_bytes_max - std::min(refusal_bytes_max, refusal_.size()));
    return;
  }
  const std::uint64_t opening = opening_;
  const Result<> fed = reader_->feed(bytes);
  while (const std::optional<std::string> record = reader_->next()) {
    hooks_.on_record(*record);
    if (opening != opening_) return;
  }
  if (!fed) end({0, fmt::format("{}: {}", url_.authority(), fed.error().message), std::nullopt});
}

void EventStream::on_body_end(const Result<>& ended) {
  if (end_.status == 200) {
    return end({0, fmt::format("{}: {}", url_.authority(), ended ? "the stream ended" : ended.error().message), {}});
  }
  const std::string_view reason = trim(refusal_);
  end_.message = reason.empty() ? fmt::format("{}: the answer was {}", url_.authority(), end_.status) : reason;
  end(std::move(end_));
}

void EventStream::end(StreamEnd end) {
  close();
  hooks_.on_end(std::move(end));
}

}  // namespace stoa::sdk
