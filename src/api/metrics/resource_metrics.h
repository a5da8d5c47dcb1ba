// `PREFIX/cpus_total`, `_used`, `_percent` and the revocable ones, for the four resources that every exporter reads
// (V0-130, V0-151).
#pragma once

#include "api/metrics/metrics.h"
#include "model/resources.h"

namespace stoa::api {

struct ResourceUse {
  // Thousandths, by name: sums over agents keep no identity.
  struct Amounts {
    std::map<std::string, std::int64_t, std::less<>> regular;
    std::map<std::string, std::int64_t, std::less<>> revocable;
    void add(const model::Resources& resources);
  };
  Amounts total;
  Amounts used;
};

void add_resource_metrics(MetricValues& values, const std::string& prefix, const ResourceUse& use);

}  // namespace stoa::api
