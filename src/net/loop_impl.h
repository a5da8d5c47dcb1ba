// What only .cpp files of net and http may see of a Loop: its io_context.
#pragma once

#include <thread>

#include "net/loop.h"
#include "net/pch.h"

namespace stoa::net {

struct Loop::Impl {
  boost::asio::io_context context;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};
  std::vector<std::thread> threads;

  explicit Impl(int concurrency) : context(concurrency) {}
};

}  // namespace stoa::net
