#include "fuzz.h"
#include "json_laws.h"
#include "mesos/v1/master/master.pb.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mesos::v1::master::Call call;
  mesos::v1::master::Call again;
  check_json_laws({reinterpret_cast<const char*>(data), size}, call, again);
  return 0;
}
