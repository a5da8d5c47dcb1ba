// Random: the only source of chance in the cores. Seeded, so that a run is a pure function of its seed.
//
// The generator is xoshiro256** (Blackman and Vigna, 2018), seeded through splitmix64. Not for secrets: tokens and
// stream ids come from the kernel (net/entropy.h).
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace stoa {

class Random {
 public:
  explicit Random(std::uint64_t seed);

  std::uint64_t next();
  // Uniform in [0, bound); bound > 0.
  std::uint64_t below(std::uint64_t bound);
  // Uniform in [0, 1).
  double unit();
  // True with the given probability.
  bool chance(double probability) { return unit() < probability; }

  // 16 bytes of a version 4 UUID, as `bytes` fields hold it (HTTP-180).
  std::string uuid_bytes();

 private:
  std::array<std::uint64_t, 4> state_;
};

// The 36-character form of 16 raw bytes: lower-case hex with dashes.
std::string uuid_text(const std::string& bytes);

}  // namespace stoa
