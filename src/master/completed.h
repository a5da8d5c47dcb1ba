// The memory of frameworks that ended: shown to readers, and refused when they come back (SCH-037).
#pragma once

#include "master/state.h"

namespace stoa::master {

// Remembers a removed framework; the oldest beyond --max_completed_frameworks is forgotten.
void remember_completed(Context& context, const Framework& framework);
// The same for one that an earlier leader removed, known by its id alone.
void remember_completed(Context& context, const FrameworkId& id);

}  // namespace stoa::master
