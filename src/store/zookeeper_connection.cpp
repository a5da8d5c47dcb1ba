#include "store/zookeeper_connection.h"

#include <future>
#include <utility>

#include "base/log.h"

namespace stoa::store {

ZooKeeperConnection::ZooKeeperConnection(zookeeper::Url url, Duration session_timeout)
    : url_(std::move(url)), session_timeout_(session_timeout) {
  loop_.post([this] { open(); });
}

ZooKeeperConnection::~ZooKeeperConnection() {
  std::promise<void> closed;
  loop_.post([&] {
    is_over_ = true;
    timer_.cancel();
    session_.reset();
    closed.set_value();
  });
  closed.get_future().wait();
}

void ZooKeeperConnection::open() {
  if (is_over_) return;
  auto opened = Session::open(
      {.servers = url_.servers, .credentials = url_.credentials, .timeout = session_timeout_, .resumed = {}}, loop_,
      {.on_state = [this](Session::State state) { on_state(state); }, .on_change = [] {}, .on_answer = {}});
  if (opened) {
    session_ = *std::move(opened);
    return;
  }
  log::warning("store", "{}", opened.error().message);
  timer_ = loop_.after(std::chrono::seconds(1), [this] { open(); });
}

void ZooKeeperConnection::on_state(Session::State state) {
  {
    const std::lock_guard lock(mutex_);
    is_connected_ = state == Session::State::connected;
    if (state == Session::State::expired) ++sessions_;
    changed_.notify_all();
  }
  if (state != Session::State::expired) return;
  session_.reset();
  open();
}

}  // namespace stoa::store
