#include "api/metrics/resource_metrics.h"

namespace stoa::api {
namespace {

double amount(const std::map<std::string, std::int64_t, std::less<>>& amounts, std::string_view name) {
  const auto found = amounts.find(name);
  return found == amounts.end() ? 0 : static_cast<double>(found->second) / 1000.0;
}

void add_one(MetricValues& values, const std::string& stem, double total, double used) {
  values[stem + "_total"] = total;
  values[stem + "_used"] = used;
  values[stem + "_percent"] = total > 0 ? used / total : 0;  // V0-123
}

}  // namespace

void ResourceUse::Amounts::add(const model::Resources& resources) {
  for (const auto& [resource, count] : resources) {
    if (!resource.is_scalar()) continue;
    (resource.is_revocable() ? revocable : regular)[resource.name()] += resource.scalar().thousandths();
  }
}

void add_resource_metrics(MetricValues& values, const std::string& prefix, const ResourceUse& use) {
  for (const char* name : {"cpus", "gpus", "mem", "disk"}) {
    add_one(values, prefix + name, amount(use.total.regular, name), amount(use.used.regular, name));
    add_one(values, prefix + name + "_revocable", amount(use.total.revocable, name), amount(use.used.revocable, name));
  }
}

}  // namespace stoa::api
