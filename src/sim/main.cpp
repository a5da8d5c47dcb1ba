// stoa-sim: runs whole clusters in virtual time, one for each seed, and checks the laws. Exits 1 at the first
// violation, with all that is needed to see it again.
#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <vector>

#include "sim/heap.h"
#include "sim/world.h"

namespace {

using stoa::sim::Outcome;
using stoa::sim::Size;
using stoa::sim::StepTimes;
using stoa::sim::World;

constexpr std::string_view help =
    R"(stoa-sim: simulates clusters of the real master and agent cores and checks their laws.

  --seeds N         clusters to simulate, of consecutive seeds (default 10)
  --seed S          the first seed (default 1)
  --agents N        agents of each (default 5)
  --frameworks N    frameworks of each (default 3)
  --tasks N         tasks of all frameworks of a cluster together (default 60)
  --minutes M       virtual minutes of work, before all heals and rests (default 8)
  --task-seconds S  how long tasks run on average (default: drawn from the seed; 60 without faults)
  --no-faults       nothing fails
  --keep-going      go on with the next seed after a violation
  --trace           print every event and effect
  --quiet           print the summary only
  --steps           measure the masters: how long their steps took, by what they were told, and their memory at rest
  --long            a thousand seeds: clusters as above, crowded ones and wide ones, as before a release
  --help
)";

struct Options {
  Size size;
  std::uint64_t seed = 1;
  std::uint64_t seeds = 10;
  bool trace = false;
  bool quiet = false;
  bool steps = false;
  bool keep_going = false;
  bool is_long = false;
};

// What runs now, for the handler of SIGABRT: a broken CHECK in a core ends the process, and is to be explained too.
const World* running = nullptr;
std::uint64_t running_seed = 0;

void print_last_events(const World& world) {
  for (const std::string& line : world.trace().last_lines()) fmt::print("{}\n", line);
}

void on_abort(int) {
  if (running == nullptr) return;
  print_last_events(*running);
  fmt::print("seed {}: a core aborted\n", running_seed);
  std::fflush(stdout);
}

std::optional<Options> parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--no-faults") {
      options.size.faults = false;
    } else if (name == "--trace") {
      options.trace = true;
    } else if (name == "--long") {
      options.is_long = true;
    } else if (name == "--keep-going") {
      options.keep_going = true;
    } else if (name == "--quiet") {
      options.quiet = true;
    } else if (name == "--steps") {
      options.steps = true;
    } else if (i + 1 < argc) {
      char* end = nullptr;
      const std::uint64_t value = std::strtoull(argv[++i], &end, 10);
      if (*end != '\0' || end == argv[i]) return std::nullopt;
      if (name == "--seeds") {
        options.seeds = value;
      } else if (name == "--seed") {
        options.seed = value;
      } else if (name == "--agents") {
        options.size.agents = value;
      } else if (name == "--frameworks") {
        options.size.frameworks = value;
      } else if (name == "--tasks") {
        options.size.tasks = value;
      } else if (name == "--minutes") {
        options.size.busy = std::chrono::minutes(value);
      } else if (name == "--task-seconds") {
        options.size.task_mean = std::chrono::seconds(value);
      } else {
        return std::nullopt;
      }
    } else {
      return std::nullopt;
    }
  }
  if (options.size.agents == 0 || options.size.frameworks == 0) return std::nullopt;
  return options;
}

struct Sum {
  std::uint64_t seeds = 0, violations = 0;
  std::uint64_t steps = 0, messages = 0, launched = 0, ended = 0, failures = 0;
  stoa::sim::Counts counts;
  double seconds = 0;

  void add(const Outcome& outcome) {
    steps += outcome.steps;
    messages += outcome.messages;
    launched += outcome.launched;
    ended += outcome.ended;
    failures += outcome.failures;
    seconds += outcome.seconds;
    counts += outcome.counts;
    ++seeds;
    violations += outcome.violation ? 1 : 0;
  }
};

bool run_one(const Options& options, std::uint64_t seed, Sum& sum, StepTimes& times) {
  World world(options.size, seed, {.print = options.trace, .step_times = options.steps ? &times : nullptr});
  running = &world;
  running_seed = seed;
  const Outcome outcome = world.run();
  running = nullptr;
  sum.add(outcome);
  if (options.steps) {
    fmt::print("seed {}: the master at rest has {:.1f} MB for {} agents and {} tasks that live\n", seed,
               static_cast<double>(outcome.master.bytes) / 1e6, outcome.master.agents, outcome.master.tasks);
  }
  if (!outcome.violation) {
    if (!options.quiet)
      fmt::print("seed {}: {} steps, {} failures, {} tasks launched, {} ended, trace {:016x}\n", seed, outcome.steps,
                 outcome.failures, outcome.launched, outcome.ended, outcome.hash);
    return true;
  }
  if (!options.trace && !options.keep_going) print_last_events(world);
  fmt::print("seed {}: step {}, {:.3f} s: broken law: {}\n  {}\n", seed, outcome.steps, outcome.seconds,
             outcome.violation->law, outcome.violation->what);
  return false;
}

// False if a law was broken and the rest is not to be run.
bool run_all(const Options& options, Sum& sum, StepTimes& times) {
  if (options.size.agents >= 1'000) stoa::sim::prefer_large_pages();
  for (std::uint64_t i = 0; i < options.seeds; ++i)
    if (!run_one(options, options.seed + i, sum, times) && !options.keep_going) return false;
  return true;
}

// Many small clusters; crowded ones that are busy for long, where rarer orders of events happen; wide ones.
std::vector<Options> long_runs(const Options& given) {
  Options small = given;
  small.seeds = 500;
  Options crowded = given;
  crowded.size.agents = crowded.size.frameworks = 4;
  crowded.size.tasks = 200;
  crowded.size.busy = std::chrono::minutes(15);
  crowded.seeds = 400;
  crowded.seed = given.seed + small.seeds;
  Options wide = given;
  wide.size.agents = 25;
  wide.size.frameworks = 8;
  wide.size.tasks = 400;
  wide.seeds = 100;
  wide.seed = crowded.seed + crowded.seeds;
  return {small, crowded, wide};
}

void print_summary(const Sum& sum, double wall) {
  fmt::print("{} seeds, {:.0f} virtual minutes, {} steps, {} messages, {} failures, {} tasks launched, {} ended\n",
             sum.seeds, sum.seconds / 60, sum.steps, sum.messages, sum.failures, sum.launched, sum.ended);
  fmt::print("{}\n", sum.counts.to_text());
  fmt::print("{} violations, {:.1f} s\n", sum.violations, wall);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--help") {
    fmt::print("{}", help);
    return 0;
  }
  const std::optional<Options> options = parse(argc, argv);
  if (!options) {
    fmt::print(stderr, "{}", help);
    return 2;
  }
  std::signal(SIGABRT, on_abort);
  const auto begin = std::chrono::steady_clock::now();
  Sum sum;
  StepTimes times;
  for (const Options& run : options->is_long ? long_runs(*options) : std::vector{*options})
    if (!run_all(run, sum, times)) return 1;
  if (options->steps) fmt::print("{}", times.report());
  print_summary(sum, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  return sum.violations == 0 ? 0 : 1;
}
