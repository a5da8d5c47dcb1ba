// Descriptor, as this folder knows it.
#pragma once

#include "base/descriptor.h"

namespace stoa::containers {

using stoa::Descriptor;

}  // namespace stoa::containers
