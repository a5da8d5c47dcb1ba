// `stoa demo`: dominant resource fairness, to look at.
//
// Two frameworks want different things: one CPUs, one memory. The first is alone for a while and takes all; then the
// second comes, and both shares move until each holds the same part of what it wants most. With the demands below that
// is three quarters each, more than the half that a division into equal parts would give.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <memory>
#include <thread>

#include "cli/command.h"
#include "cli/demo_framework.h"
#include "cli/exit_code.h"
#include "cli/interrupts.h"
#include "cli/output.h"
#include "net/loop.h"

namespace stoa::cli {
namespace {

using namespace std::chrono_literals;

constexpr Duration alone = 4s;     // How long the first framework has the cluster for itself.
constexpr Duration settling = 3s;  // After the second one came; then shares are measured.
constexpr Duration frame = 100ms;
constexpr Duration line_interval = 1s;  // Without a terminal.
constexpr Duration ending_max = 10s;
constexpr std::size_t bar_width = 40;

struct Totals {
  double cpus = 0;
  double mem = 0;
};

struct View {
  const DemoFramework* framework = nullptr;
  DemoStatus status;
  double cpus = 0;  // Shares of the cluster, 0 to 1.
  double mem = 0;
  double dominant() const { return std::max(cpus, mem); }
};

View view_of(const DemoFramework& framework, const Totals& totals) {
  View view{&framework, framework.status()};
  const Demand& demand = framework.options().demand;
  view.cpus = view.status.running * demand.cpus / totals.cpus;
  view.mem = view.status.running * demand.mem / totals.mem;
  return view;
}

std::string bar(double share, bool is_dominant) {
  const auto filled = static_cast<std::size_t>(std::lround(std::clamp(share, 0.0, 1.0) * bar_width));
  std::string out;
  for (std::size_t i = 0; i < bar_width; ++i) out += i >= filled ? "·" : is_dominant ? "█" : "▒";
  return fmt::format("{} {:5.1f}%", out, share * 100);
}

// A moving picture on a terminal, a line each second elsewhere.
class Screen {
 public:
  explicit Screen(bool is_terminal) : is_terminal_(is_terminal) {}

  void show(const std::vector<View>& views, Duration passed) {
    const double seconds = std::chrono::duration<double>(passed).count();
    if (!is_terminal_) {
      if (passed < next_line_) return;
      next_line_ = passed + line_interval;
      std::string line = fmt::format("{:5.1f} s", seconds);
      for (const View& view : views) {
        line += fmt::format("   {}: {} running, {} done, dominant share {:.1f}%", view.framework->options().name,
                            view.status.running, view.status.finished, view.dominant() * 100);
      }
      print(line + "\n");
      return;
    }
    std::string text = lines_ == 0 ? "" : fmt::format("\x1b[{}A", lines_);
    lines_ = 0;
    const auto add = [&](const std::string& line) {
      text += line + "\x1b[K\n";
      ++lines_;
    };
    add(fmt::format("  {:.1f} s", seconds));
    for (const View& view : views) {
      const DemoFramework::Options& options = view.framework->options();
      add("");
      add(fmt::format("  \x1b[1m{:<8}\x1b[0m each task {} CPU, {}   {:>3} running {:>4} done {:>4} offers",
                      options.name, amount(options.demand.cpus), megabytes(options.demand.mem), view.status.running,
                      view.status.finished, view.status.offers));
      add(fmt::format("    cpus   {}{}", bar(view.cpus, view.cpus >= view.mem), view.cpus >= view.mem ? " <" : ""));
      add(fmt::format("    memory {}{}", bar(view.mem, view.mem > view.cpus), view.mem > view.cpus ? " <" : ""));
    }
    print(text);
  }

 private:
  bool is_terminal_;
  std::size_t lines_ = 0;
  Duration next_line_{0};
};

class Demo {
 public:
  Demo(Cluster& cluster, Totals totals, Duration length) : cluster_(cluster), totals_(totals), length_(length) {}

  int run() {
    Interrupts interrupts(cluster_.loop(), [this](int number) { signal_ = number; });
    const TimePoint begin = net::now();
    frameworks_.push_back(std::make_unique<DemoFramework>(
        cluster_, DemoFramework::Options{"compute", "compute", {.cpus = 1, .mem = 256}, 1}));
    while (!is_over(net::now() - begin)) {
      const Duration passed = net::now() - begin;
      if (passed >= alone && frameworks_.size() == 1) {
        frameworks_.push_back(std::make_unique<DemoFramework>(
            cluster_, DemoFramework::Options{"memory", "memory", {.cpus = 0.25, .mem = 1024}, 2}));
      }
      if (passed >= length_) {
        for (const auto& framework : frameworks_) framework->stop_launching();
      } else if (passed >= alone + settling) {
        measure();
      }
      screen_.show(views(), passed);
      std::this_thread::sleep_for(frame);
    }
    screen_.show(views(), net::now() - begin);
    return summary(std::chrono::duration<double>(net::now() - begin).count());
  }

 private:
  std::vector<View> views() const {
    std::vector<View> out;
    for (const auto& framework : frameworks_) out.push_back(view_of(*framework, totals_));
    return out;
  }

  bool is_over(Duration passed) const {
    if (signal_ != 0 || passed > length_ + ending_max) return true;
    const std::vector<View> all = views();
    if (std::ranges::any_of(all, [](const View& view) { return !view.status.trouble.empty(); })) return true;
    return passed >= length_ && std::ranges::all_of(all, [](const View& view) { return view.status.running == 0; });
  }

  void measure() {
    const std::vector<View> all = views();
    ++samples_;
    for (std::size_t i = 0; i < all.size(); ++i) share_sums_[i] += all[i].dominant();
  }

  int summary(double seconds) const {
    std::uint32_t finished = 0, failed = 0, offers = 0;
    std::vector<double> latencies;
    for (const View& view : views()) {
      if (!view.status.trouble.empty()) {
        complain(fmt::format("{}: {}", view.framework->options().name, view.status.trouble));
        return exit_failed;
      }
      finished += view.status.finished;
      failed += view.status.failed;
      offers += view.status.offers;
      latencies.insert(latencies.end(), view.status.launch_seconds.begin(), view.status.launch_seconds.end());
    }
    if (signal_ != 0) return 128 + signal_;
    if (samples_ == 0 || latencies.empty() || finished == 0) {
      complain("no task has run: is there an agent?");
      return exit_failed;
    }
    std::ranges::sort(latencies);
    print(fmt::format(
        "\n{} tasks in {:.0f} s ({} failed), {} offers; half of them ran {:.0f} ms after their offer was accepted.\n"
        "While both were there, `compute` held {:.0f}% of the CPUs and `memory` {:.0f}% of the memory on average:\n"
        "equal dominant shares, and each more than half.\n",
        finished, seconds, failed, offers, latencies[latencies.size() / 2] * 1000, share_sums_[0] / samples_ * 100,
        share_sums_[1] / samples_ * 100));
    return failed == 0 ? exit_done : exit_failed;
  }

  Cluster& cluster_;
  Totals totals_;
  Duration length_;
  Screen screen_{isatty(STDOUT_FILENO) == 1};
  std::vector<std::unique_ptr<DemoFramework>> frameworks_;
  std::array<double, 2> share_sums_{};
  int samples_ = 0;
  std::atomic<int> signal_ = 0;
};

}  // namespace

namespace {

// What all agents together have.
Result<Totals> totals_of(Cluster& cluster) {
  LET(const JsonValue state, cluster.get("/state"));
  Totals totals;
  for (const JsonValue& agent : state["slaves"].elements()) {
    totals.cpus += agent["resources"]["cpus"].number();
    totals.mem += agent["resources"]["mem"].number();
  }
  if (totals.cpus < 1 || totals.mem < 1024) {
    return fail(Code::failed_precondition, "the cluster has less than 1 CPU and 1024 MB");
  }
  return totals;
}

}  // namespace

int run_demo(std::span<const std::string> arguments) {
  CommonOptions common;
  Duration length = 20s;
  Totals totals;
  Options options("demo [OPTIONS]", "Runs two frameworks with different demands side by side and shows their shares.");
  options.add("length", 0, length, "How long tasks are launched.");
  options.add("cpus", 0, totals.cpus, "What the cluster has; 0: it is asked.");
  options.add("mem", 0, totals.mem, "What the cluster has, in MB; 0: it is asked.");
  add_connection(options, common);
  options.example("stoa up --work_dir=/tmp/demo --resources='cpus:8;mem:8192' & stoa demo");
  if (const std::optional<int> code = read_options(options, arguments)) return *code;
  block_interrupts();
  Cluster cluster;
  if (const Result<> found = cluster.connect(common.connection); !found) return failed(found.error());
  if (totals.cpus <= 0 || totals.mem <= 0) {
    const Result<Totals> asked = totals_of(cluster);
    if (!asked) return failed(asked.error());
    totals = *asked;
  }
  print(fmt::format("Two frameworks share {} CPUs and {}. First `compute` is alone, then `memory` joins.\n\n",
                    amount(totals.cpus), megabytes(totals.mem)));
  return Demo(cluster, totals, length).run();
}

}  // namespace stoa::cli
