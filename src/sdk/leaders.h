// Leaders says where to look for the leading master. What is found may be wrong or only know the leader: a redirect is
// followed by whoever asks. A list of addresses is one way; asking ZooKeeper is another, behind the same interface.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "coordination/group.h"
#include "net/loop.h"
#include "net/url.h"
#include "zookeeper/url.h"

namespace stoa::sdk {

class Leaders {
 public:
  virtual ~Leaders() = default;

  // Calls back with where to try next, inside the call or later on the driver's thread; dropping the object drops the
  // call. Fails with unavailable if nobody leads at present. One call at a time.
  virtual void find(std::function<void(Result<net::Url>)> on_found) = 0;
  // A leader was found there.
  virtual void leads(const net::Url& url) = 0;
  // How many attempts make a round, after which it is time to wait.
  virtual std::size_t candidates() const = 0;
};

// Takes addresses in turn, beginning with the leader known last: after a short break it usually leads still.
class MasterList : public Leaders {
 public:
  explicit MasterList(std::vector<net::Url> urls) : urls_(std::move(urls)) {}

  void find(std::function<void(Result<net::Url>)> on_found) override;
  void leads(const net::Url& url) override { known_ = url; }
  std::size_t candidates() const override { return urls_.size(); }

 private:
  std::vector<net::Url> urls_;  // Not empty.
  std::size_t next_ = 0;
  std::optional<net::Url> known_;
};

// Asks ZooKeeper, and knows the leader as long as it lives (HA-002).
class ElectedLeader : public Leaders {
 public:
  // `loop`: of the driver; it calls back there.
  ElectedLeader(zookeeper::Url url, net::Loop& loop);
  ~ElectedLeader() override;

  void find(std::function<void(Result<net::Url>)> on_found) override;
  void leads(const net::Url&) override {}
  std::size_t candidates() const override { return 1; }

 private:
  struct State;
  net::Loop& loop_;
  std::shared_ptr<State> state_;  // Shared with what is posted to the loop.
  net::Timer patience_;
  std::unique_ptr<coordination::Group> group_;
};

// From what a user says (Options::masters). Fails with invalid_argument, or unimplemented for https.
Result<std::unique_ptr<Leaders>> make_leaders(std::string_view masters, net::Loop& loop);

}  // namespace stoa::sdk
