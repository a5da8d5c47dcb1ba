// A real ZooKeeper server for tests (Debian package `zookeeper`), on a free port of loopback; it ends with its object.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "store/testing.h"
#include "zookeeper/url.h"

namespace stoa::store::testing {

class ZooKeeperServer {
 public:
  static bool is_available() {
    return std::filesystem::exists("/usr/share/java/zookeeper.jar") && std::filesystem::exists("/usr/bin/java");
  }

  ZooKeeperServer() : port_(free_port()) {
    std::ofstream(directory_.path() + "/zoo.cfg")
        << "tickTime=500\ndataDir=" << directory_.path() << "\nclientPortAddress=127.0.0.1\nclientPort=" << port_
        << "\nadmin.enableServer=false\n4lw.commands.whitelist=srvr\n";
    start();
  }
  ~ZooKeeperServer() { stop(); }
  ZooKeeperServer(const ZooKeeperServer&) = delete;

  // Waits until it serves, for at most a minute.
  void start() {
    std::string words[] = {"java",
                           "-Xmx256m",
                           "-XX:+UseSerialGC",
                           "-XX:TieredStopAtLevel=1",
                           "-cp",
                           "/usr/share/java/zookeeper.jar",
                           "org.apache.zookeeper.server.quorum.QuorumPeerMain",
                           directory_.path() + "/zoo.cfg"};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    const std::string log = directory_.path() + "/log";
    posix_spawn_file_actions_addopen(&files, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&files, 1, 2);
    ASSERT_EQ(posix_spawn(&process_, "/usr/bin/java", &files, nullptr, arguments.data(), environ), 0);
    posix_spawn_file_actions_destroy(&files);
    for (int i = 0; i < 600 && !serves(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    ASSERT_TRUE(serves());
  }
  void stop() {
    if (process_ <= 0) return;
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    process_ = 0;
  }

  zookeeper::Url url() const { return *zookeeper::Url::parse("zk://127.0.0.1:" + std::to_string(port_)); }

 private:
  static int connected(std::uint16_t port) {
    const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval patience{.tv_sec = 1, .tv_usec = 0};  // A server that is just starting may never answer.
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    if (connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) return descriptor;
    close(descriptor);
    return -1;
  }
  static std::uint16_t free_port() {
    const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(descriptor, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size), 0);
    close(descriptor);
    return ntohs(address.sin_port);
  }
  bool serves() const {
    const int descriptor = connected(port_);
    if (descriptor < 0) return false;
    std::string answer;
    char buffer[4096];
    if (write(descriptor, "srvr", 4) == 4) {
      for (ssize_t n = 0; (n = read(descriptor, buffer, sizeof(buffer))) > 0;) {
        answer.append(buffer, static_cast<std::size_t>(n));
      }
    }
    close(descriptor);
    return answer.find("Mode: ") != std::string::npos;
  }

  TemporaryDirectory directory_;
  std::uint16_t port_;
  pid_t process_ = 0;
};

}  // namespace stoa::store::testing
