// What an operator writes as `--resources`: the simple text form, or a list of messages already read from JSON.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/resources.h"
#include "proto/forward.h"

namespace stoa::model {

struct FlagResources {
  Resources resources;
  // Every name that was written, also with amount 0: what is named is not detected (RES-065).
  std::set<std::string> names;
};

// `cpus:24;mem(prod):512;ports:[1-5,8-9];bugs:{a,b}` (RES-061). What names no role, or `*`, takes `default_role`, as a
// static reservation unless that is `*` (RES-063). Fails with invalid_argument and the texts of RES-062, RES-007.
Result<FlagResources> parse_simple(std::string_view text, std::string_view default_role = "*");

// The JSON form: validates as Resources::from_messages does and refuses what an operator cannot give (RES-064):
// volumes, dynamic reservations, revocable, shared, and provider disks.
Result<FlagResources> from_flag_messages(const google::protobuf::RepeatedPtrField<mesos::v1::Resource>& messages,
                                         std::string_view default_role = "*");

}  // namespace stoa::model
