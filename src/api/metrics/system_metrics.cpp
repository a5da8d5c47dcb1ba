#include <sys/sysinfo.h>

#include <cstdlib>

#include "api/metrics/metrics.h"
#include "codec/json_writer.h"

namespace stoa::api {

void add_system_metrics(MetricValues& values) {
  double loads[3] = {0, 0, 0};
  if (getloadavg(loads, 3) < 0) loads[0] = loads[1] = loads[2] = 0;
  values["system/load_1min"] = loads[0];
  values["system/load_5min"] = loads[1];
  values["system/load_15min"] = loads[2];
  values["system/cpus_total"] = get_nprocs();
  struct sysinfo info{};
  const bool known = sysinfo(&info) == 0;
  const double unit = info.mem_unit;
  values["system/mem_total_bytes"] = known ? static_cast<double>(info.totalram) * unit : 0;
  values["system/mem_free_bytes"] = known ? static_cast<double>(info.freeram) * unit : 0;
}

std::string render_metrics(const MetricValues& values) {
  std::string text;
  codec::JsonWriter out(text);
  out.begin_object();
  for (const auto& [name, value] : values) out.key(name).number(value);
  out.end_object();
  return text;
}

}  // namespace stoa::api
