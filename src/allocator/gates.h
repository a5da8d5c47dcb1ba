// Gates by capability and place: which agents a framework may be offered at all, and which members it must not see.
#pragma once

#include <string_view>

#include "allocator/allocator.h"

namespace stoa::allocator {

// What is in a collection that not everybody may see. All false for most agents, which are then offered as they are.
struct Marks {
  bool reserved = false;
  bool revocable = false;
  bool shared = false;
  bool refined = false;  // A stack of two or more.

  bool none() const { return !reserved && !revocable && !shared && !refined; }
};
Marks marks_of(const model::Resources& resources);

// May this agent be offered to the framework in the role? (ALC-150, ALC-151, ALC-153)
bool admits(const AgentSpec& agent, bool agent_has_gpus, const FrameworkSpec& framework);
bool admits_role(const AgentSpec& agent, std::string_view role);

// Must the framework not see some of the marked members? (ALC-152)
bool hides(const Marks& marks, const FrameworkSpec& framework);
model::Resources without_hidden(const model::Resources& resources, const FrameworkSpec& framework);

}  // namespace stoa::allocator
