#include "sdk/backoff.h"

#include <algorithm>

namespace stoa::sdk {

Duration Backoff::next() {
  const Duration limit = std::min(limit_, limits_.most);
  limit_ = std::min(limit * 2, limits_.most);
  return Duration(static_cast<Duration::rep>(random_.unit() * static_cast<double>(limit.count())));
}

}  // namespace stoa::sdk
