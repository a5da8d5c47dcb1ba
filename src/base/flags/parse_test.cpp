#include <gtest/gtest.h>

#include "base/flags/table.h"

namespace stoa::flags {
namespace {

using namespace std::chrono_literals;

struct Settings {
  std::uint16_t port = 5050;
  bool lookup = true;
  bool quiet = false;
  std::string cluster;
  Duration ping = 15s;
  std::optional<Duration> offer_timeout;
  Path work_dir;
  std::string acls;
  std::string key;
  std::string url;
  std::vector<std::string> hosts;
};

struct Fixture {
  Settings settings;
  Table table{"stoa test", "Tests flags."};

  Fixture() {
    table.group("Network");
    table.add("port", settings.port, "Port to listen on.");
    table.add("lookup", settings.lookup, "Whether names are looked up.");
    table.add("quiet", settings.quiet, "Whether to be quiet.");
    table.add("cluster", settings.cluster, "Name of the cluster.").example("prod");
    table.group("Time");
    table.add("agent_ping_timeout", settings.ping, "How long to wait.", {.min = 1s, .max = 15min})
        .old_name("slave_ping_timeout");
    table.add("offer_timeout", settings.offer_timeout, "How long an offer lives.");
    table.group("Files");
    table.add("work_dir", settings.work_dir, "Where state is kept.");
    table.add("acls", settings.acls, "Who may do what.").path_or_text();
    table.add("secret_key", settings.key, "The key.").secret();
    table.add("zk", settings.url, "Where masters meet.");
    table.add("hosts", settings.hosts, "Names.");
    table.ignore("quorum", "", "the registry has no quorum");
  }

  Outcome parse(std::vector<std::string> arguments, std::vector<std::string> environment = {}) {
    return flags::parse(table, {.arguments = arguments,
                                .environment = environment,
                                .read_file = [](const std::string& path) -> Result<std::string> {
                                  if (path == "/etc/value") return "from file\n";
                                  return fail(Code::not_found, "no such file: " + path);
                                }});
  }
  std::string problem(std::vector<std::string> arguments) {
    const Outcome outcome = parse(std::move(arguments));
    return outcome.problems.size() == 1 ? outcome.problems.front() : std::to_string(outcome.problems.size());
  }
};

// FE-120 AGT-001
TEST(Flags, CommandLineWinsOverOwnPrefixOverTheOther) {
  Fixture a;
  EXPECT_TRUE(a.parse({"--port=1"}, {"MESOS_PORT=3", "STOA_PORT=2"}).problems.empty());
  EXPECT_EQ(a.settings.port, 1);
  Fixture b;
  b.parse({}, {"MESOS_PORT=3", "STOA_PORT=2"});
  EXPECT_EQ(b.settings.port, 2);
  Fixture c;
  c.parse({"--cluster", "blue"}, {"MESOS_PORT=3"});
  EXPECT_EQ(c.settings.port, 3);
  EXPECT_EQ(c.settings.cluster, "blue");
}

// FE-121 AGT-001
TEST(Flags, BooleansHaveFiveSpellings) {
  for (const char* text : {"--no-lookup", "--lookup=false", "--lookup=0", "--no_lookup", "--NO-Lookup"}) {
    Fixture f;
    EXPECT_TRUE(f.parse({text}).problems.empty()) << text;
    EXPECT_FALSE(f.settings.lookup) << text;
  }
  for (const char* text : {"--quiet", "--quiet=true", "--quiet=1"}) {
    Fixture f;
    EXPECT_TRUE(f.parse({text}).problems.empty()) << text;
    EXPECT_TRUE(f.settings.quiet) << text;
  }
  EXPECT_EQ(Fixture().problem({"--no-lookup=true"}), "--no-lookup=true: --no-lookup takes no value");
  EXPECT_EQ(Fixture().problem({"--no-port"}), "flag 'port' is not a boolean: --no-port means nothing");
  EXPECT_EQ(Fixture().problem({"--lookup=yes"}), "invalid value 'yes' of --lookup: expecting true, false, 1 or 0");
}

// FE-121
TEST(Flags, NamesAreWithoutCaseAndDashesAreUnderscores) {
  Fixture f;
  EXPECT_TRUE(f.parse({"--Agent-Ping_TIMEOUT=2secs"}).problems.empty());
  EXPECT_EQ(f.settings.ping, 2s);
}

// FE-121 AGT-005
TEST(Flags, AMissingOrBadValueNamesFlagAndValue) {
  EXPECT_EQ(Fixture().problem({"--port"}), "flag 'port' needs a value: --port=integer");
  EXPECT_EQ(Fixture().problem({"--port", "--quiet"}), "flag 'port' needs a value: --port=integer");
  EXPECT_EQ(Fixture().problem({"--port=65536"}),
            "invalid value '65536' of --port: expecting a whole number from 0 to 65535");
  EXPECT_EQ(Fixture().problem({"--agent_ping_timeout=16mins"}),
            "invalid value '16mins' of --agent_ping_timeout: Must be at most 15mins");
}

// FE-122 AGT-001
TEST(Flags, UnknownFlagsFailWithTheNearestName) {
  EXPECT_EQ(Fixture().problem({"--prot=1"}), "unknown flag 'prot', did you mean --port?");
  EXPECT_EQ(Fixture().problem({"--zzzzzzzzzzzz"}), "unknown flag 'zzzzzzzzzzzz'");
  EXPECT_EQ(Fixture().problem({"stray"}), "unexpected argument 'stray'");
}

// FE-122
TEST(Flags, AFlagGivenTwiceFailsAlsoByItsOldName) {
  EXPECT_EQ(Fixture().problem({"--port=1", "--port=1"}), "flag 'port' is given twice");
  EXPECT_EQ(Fixture().problem({"--quiet", "--no-quiet"}), "flag 'quiet' is given twice");
  EXPECT_EQ(Fixture().problem({"--agent_ping_timeout=2secs", "--slave_ping_timeout=2secs"}),
            "flag 'slave_ping_timeout' is given twice: as --agent_ping_timeout too");
}

// FE-122 AGT-001
TEST(Flags, UnknownVariablesAreIgnoredWithAWordIfTheyLookMistyped) {
  Fixture f;
  const Outcome outcome = f.parse({}, {"MESOS_CLUSTE=x", "MESOS_NATIVE_JAVA_LIBRARY=/x.so", "PORT=7", "MESOS_ZK="});
  EXPECT_TRUE(outcome.problems.empty());
  EXPECT_EQ(outcome.warnings,
            std::vector<std::string>{"MESOS_CLUSTE is not a flag and is ignored, did you mean cluster?"});
  EXPECT_EQ(f.settings.port, 5050);
}

// FE-123 AGT-002
TEST(Flags, FileValuesAreReplacedByTheContentExceptForPaths) {
  Fixture f;
  const Outcome outcome =
      f.parse({"--cluster=file:///etc/value", "--acls=/etc/value", "--work_dir=file:///var/lib/stoa"});
  EXPECT_TRUE(outcome.problems.empty());
  EXPECT_EQ(f.settings.cluster, "from file");
  EXPECT_EQ(f.settings.acls, "from file");
  EXPECT_EQ(f.settings.work_dir.value, "/var/lib/stoa");
  EXPECT_EQ(Fixture().problem({"--cluster=file:///none"}), "--cluster=file:///none: no such file: /none");
}

// FE-125
TEST(Flags, OldNamesWorkWithAWarningAndAreShownAsGiven) {
  Fixture f;
  const Outcome outcome = f.parse({"--slave_ping_timeout=60secs"});
  EXPECT_TRUE(outcome.problems.empty());
  EXPECT_EQ(f.settings.ping, 60s);
  EXPECT_EQ(outcome.warnings, std::vector<std::string>{"--slave_ping_timeout is the old name of --agent_ping_timeout"});
  EXPECT_EQ(outcome.shown.at("slave_ping_timeout"), "1mins");
  EXPECT_FALSE(outcome.shown.contains("agent_ping_timeout"));
}

// OPR-044 AGT-002
TEST(Flags, ShownValuesAreThoseInForceWithSecretsMasked) {
  Fixture f;
  const Outcome outcome =
      f.parse({"--secret_key=hush", "--zk=zk://me:hush@h:1/p", "--cluster=file:///etc/value", "--hosts=a, b"});
  EXPECT_EQ(outcome.shown.at("secret_key"), "***");
  EXPECT_EQ(outcome.shown.at("zk"), "zk://***@h:1/p");
  EXPECT_EQ(outcome.shown.at("cluster"), "from file");
  EXPECT_EQ(outcome.shown.at("port"), "5050");
  EXPECT_EQ(outcome.shown.at("hosts"), "a,b");
  EXPECT_EQ(outcome.shown.at("agent_ping_timeout"), "15secs");
  EXPECT_FALSE(outcome.shown.contains("offer_timeout"));
}

// FE-128 AGT-008
TEST(Flags, FlagsWithoutMeaningAreAcceptedWithAWarningAndShown) {
  Fixture f;
  const Outcome outcome = f.parse({"--quorum=2"});
  EXPECT_TRUE(outcome.problems.empty());
  EXPECT_EQ(outcome.warnings, std::vector<std::string>{"--quorum has no effect: the registry has no quorum"});
  EXPECT_EQ(outcome.shown.at("quorum"), "2");
}

// FE-126 AGT-006
TEST(Flags, HelpAndVersionWinOverEverythingElse) {
  Fixture f;
  f.table.add("must", f.settings.url, "Needed.").required();
  EXPECT_EQ(f.parse({"--nonsense", "--help"}).wish, Wish::help);
  EXPECT_TRUE(f.parse({"--nonsense", "--help"}).problems.empty());
  EXPECT_EQ(f.parse({"--help=time"}).help_topic, "time");
  EXPECT_EQ(f.parse({"--version"}).wish, Wish::version);
  EXPECT_EQ(f.parse({"--help-json"}).wish, Wish::help_json);
  EXPECT_EQ(f.problem({}), "missing required flag --must");
}

// FE-126
TEST(Flags, HelpShowsEachFlagInItsGroupWithTypeDefaultVariableAndExample) {
  Fixture f;
  const std::string text = help_text(f.table, "", 80);
  EXPECT_NE(text.find("\nNetwork:\n  --port=integer  (default: 5050)\n      Port to listen on.\n"
                      "      Environment: STOA_PORT, MESOS_PORT.\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("Example: --cluster=prod"), std::string::npos);
  const std::string topic = help_text(f.table, "time", 80);
  EXPECT_EQ(topic.find("--port"), std::string::npos);
  EXPECT_NE(topic.find("--offer_timeout=duration"), std::string::npos);
  for (const std::string_view line : split(help_text(f.table, "", 60), '\n')) EXPECT_LE(line.size(), 60u) << line;
}

template <typename T>
std::string echo(std::string_view text) {
  T value{};
  const Result<> done = read(text, value);
  return done ? write(value) : "error";
}

// FE-124
TEST(FlagValues, AreEchoedInTheLargestUnitThatDividesThem) {
  EXPECT_EQ(echo<Duration>("90secs"), "90secs");
  EXPECT_EQ(echo<Duration>("600s"), "10mins");
  EXPECT_EQ(echo<Duration>("1.5h"), "90mins");
  EXPECT_EQ(echo<Duration>("15"), "error");
  EXPECT_EQ(echo<Duration>("-1secs"), "error");
  EXPECT_EQ(echo<Bytes>("2048MB"), "2GB");
  EXPECT_EQ(echo<Bytes>("1.5KB"), "1536B");
  EXPECT_EQ(echo<Bytes>("5"), "error");
  EXPECT_EQ(echo<Bytes>("5Mb"), "error");
  EXPECT_EQ(echo<Percent>("12.5%"), "12.5%");
  EXPECT_EQ(echo<Percent>("100%"), "100%");
  EXPECT_EQ(echo<Percent>("100.1%"), "error");
  EXPECT_EQ(echo<Percent>("10"), "error");
  EXPECT_EQ(echo<Rate>("1/10mins"), "1/10mins");
  EXPECT_EQ(echo<Rate>("1"), "error");
  EXPECT_EQ(echo<Rate>("1/0secs"), "error");
  EXPECT_EQ(echo<std::vector<std::string>>("a, b,,c"), "a,b,c");
  EXPECT_EQ(echo<double>("0.1"), "0.1");
  EXPECT_EQ(echo<unsigned>("-1"), "error");
}

}  // namespace
}  // namespace stoa::flags
