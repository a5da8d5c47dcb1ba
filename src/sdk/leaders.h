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
#include "net/url.h"

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

// From what a user says (Options::masters). Fails with invalid_argument, or unimplemented for `zk://` and https.
Result<std::unique_ptr<Leaders>> make_leaders(std::string_view masters);

}  // namespace stoa::sdk
