// Action: something to do once, kept in place. A run makes millions of them, so none lives on the heap.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace stoa::sim {

class Action {
 public:
  static constexpr std::size_t size_max = 152;

  Action() = default;
  ~Action() { clear(); }
  Action(const Action&) = delete;
  Action& operator=(const Action&) = delete;

  template <typename Function>
  void set(Function function) {
    static_assert(sizeof(Function) <= size_max && alignof(Function) <= alignof(std::max_align_t));
    clear();
    new (storage_) Function(std::move(function));
    run_ = [](void* stored) { (*static_cast<Function*>(stored))(); };
    destroy_ = [](void* stored) { static_cast<Function*>(stored)->~Function(); };
  }
  void run() { run_(storage_); }
  void clear() {
    if (destroy_ != nullptr) std::exchange(destroy_, nullptr)(storage_);
  }

 private:
  void (*run_)(void*) = nullptr;
  void (*destroy_)(void*) = nullptr;
  alignas(std::max_align_t) std::byte storage_[size_max];
};

}  // namespace stoa::sim
