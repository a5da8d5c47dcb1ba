#include "cli/options.h"

#include <gtest/gtest.h>

namespace stoa::cli {
namespace {

struct Settings {
  double cpus = 0.1;
  bool detach = false;
  std::string name;
  Strings env;
  std::string task;
  std::vector<std::string> command;
};

Options options(Settings& settings) {
  Options out("run [OPTIONS] -- COMMAND", "Runs.");
  out.add("cpus", 'c', settings.cpus, "CPUs.");
  out.add("detach", 'd', settings.detach, "Lets go.");
  out.add("task_name", 0, settings.name, "Name.");
  out.add("env", 'e', settings.env, "Environment.");
  out.example("stoa run -- true");
  return out;
}

Result<> parse(Settings& settings, std::vector<std::string> words, bool has_rest = true) {
  Options out = options(settings);
  if (has_rest) {
    out.rest("COMMAND", settings.command);
  } else {
    out.positional("TASK", settings.task);
  }
  return out.parse(words);
}

std::string fault(std::vector<std::string> words) {
  Settings settings;
  const Result<> done = parse(settings, std::move(words), false);
  return done ? "" : done.error().message;
}

TEST(Options, AreReadInEverySpelling) {
  Settings settings;
  ASSERT_TRUE(parse(settings, {"--cpus=2", "-d", "--task-name", "a", "-eA=1", "-e", "B=2", "--", "x", "-d"}));
  EXPECT_EQ(settings.cpus, 2);
  EXPECT_TRUE(settings.detach);
  EXPECT_EQ(settings.name, "a");
  EXPECT_EQ(settings.env.values, (std::vector<std::string>{"A=1", "B=2"}));
  EXPECT_EQ(settings.command, (std::vector<std::string>{"x", "-d"}));
}

TEST(Options, TheCommandBeginsAtItsFirstWord) {
  Settings settings;
  ASSERT_TRUE(parse(settings, {"-c", "1", "ls", "--cpus", "-l"}));
  EXPECT_EQ(settings.cpus, 1);
  EXPECT_EQ(settings.command, (std::vector<std::string>{"ls", "--cpus", "-l"}));
}

TEST(Options, WordsMayStandBetweenOptions) {
  Settings settings;
  ASSERT_TRUE(parse(settings, {"web", "-d"}, false));
  EXPECT_EQ(settings.task, "web");
  EXPECT_TRUE(settings.detach);
}

TEST(Options, MistakesAreNamed) {
  EXPECT_EQ(fault({"--cpu=1"}), "unknown option '--cpu', did you mean --cpus?");
  EXPECT_EQ(fault({"-x"}), "unknown option '-x'");
  EXPECT_EQ(fault({"--cpus"}), "option '--cpus' needs a value");
  EXPECT_EQ(fault({"--cpus=many"}), "invalid value 'many' of --cpus: expecting a number");
  EXPECT_EQ(fault({"-c1", "--cpus=2"}), "option '--cpus' is given twice");
  EXPECT_EQ(fault({"one", "two"}), "unexpected argument 'two'");
}

TEST(Options, HelpGivesUsageEachOptionWithItsDefaultAndAnExample) {
  Settings settings;
  Options out = options(settings);
  ASSERT_TRUE(out.parse(std::vector<std::string>{"--help", "--nonsense"}));
  EXPECT_TRUE(out.help_wanted());
  const std::string help = out.help();
  EXPECT_TRUE(help.starts_with("Usage: stoa run [OPTIONS] -- COMMAND\n"));
  EXPECT_NE(help.find("-c, --cpus=number              CPUs. (default: 0.1)"), std::string::npos) << help;
  EXPECT_NE(help.find("    --task-name=text"), std::string::npos);
  EXPECT_NE(help.find("Examples:\n  stoa run -- true\n"), std::string::npos);
}

}  // namespace
}  // namespace stoa::cli
