// Volumes: where the data of a persistent volume lies, and what becomes of directories when the agent's resources
// change (AGT-072, RES-117).
//
// Pure. A directory is named by the disk and by the role that owns it now, so a volume keeps its data whatever else
// changes about it, its size included.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/effects.h"
#include "model/resources.h"

namespace stoa::agent {

// Of a persistent volume. `work_dir`: of the root disk, and of roots that are relative (RES-112).
VolumeDirectory volume_directory(const model::Resource& volume, const std::string& work_dir);

// Directories to make and to remove so that those of `before` become those of `after`.
struct VolumeChanges {
  std::vector<VolumeDirectory> make;
  std::vector<VolumeDirectory> remove;
  bool empty() const { return make.empty() && remove.empty(); }
};
VolumeChanges volume_changes(const model::Resources& before, const model::Resources& after,
                             const std::string& work_dir);

// What a container with these resources must find in its sandbox, in order of container paths. A volume that is in
// `in_use` keeps its owner.
std::vector<VolumeMount> volume_mounts(const model::Resources& resources, const model::Resources& in_use,
                                       const std::string& work_dir);

}  // namespace stoa::agent
