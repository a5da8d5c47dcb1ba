// Users of the host, as this folder knows them.
#pragma once

#include "base/user.h"

namespace stoa::containers {

using stoa::find_other_user;
using stoa::find_user;
using stoa::User;

}  // namespace stoa::containers
