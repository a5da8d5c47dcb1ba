#include "fuzz.h"
#include "json_laws.h"
#include "mesos/v1/scheduler/scheduler.pb.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mesos::v1::scheduler::Call call;
  mesos::v1::scheduler::Call again;
  check_json_laws({reinterpret_cast<const char*>(data), size}, call, again);
  return 0;
}
