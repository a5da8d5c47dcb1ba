#include "agent/volumes.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/check.h"

namespace stoa::agent {

namespace {

using Source = model::Disk::Source;

std::string absolute(const std::string& root, const std::string& work_dir) {
  return root.starts_with('/') ? root : work_dir + "/" + root;
}

// `volumes/roles/ROLE/ID`, each `/` of the role written as a space.
std::string below_root(const model::Resource& volume) {
  std::string role = volume.reservation_role();
  std::ranges::replace(role, '/', ' ');
  return "volumes/roles/" + role + "/" + volume.disk()->persistence->id;
}

std::set<VolumeDirectory> directories_of(const model::Resources& resources, const std::string& work_dir) {
  std::set<VolumeDirectory> result;
  for (const auto& [resource, count] : resources)
    if (resource.is_persistent_volume()) result.insert(volume_directory(resource, work_dir));
  return result;
}

}  // namespace

VolumeDirectory volume_directory(const model::Resource& volume, const std::string& work_dir) {
  CHECK(volume.is_persistent_volume(), "only persistent volumes have a directory");
  const auto& source = volume.disk()->source;
  if (!source) return {.root = work_dir, .path = below_root(volume)};
  if (source->type == Source::Type::mount && source->mount && source->mount->path)
    return {.root = absolute(*source->mount->path, work_dir)};
  const bool has_root = source->path && source->path->path;
  return {.root = has_root ? absolute(*source->path->path, work_dir) : work_dir, .path = below_root(volume)};
}

VolumeChanges volume_changes(const model::Resources& before, const model::Resources& after,
                             const std::string& work_dir) {
  const auto there = directories_of(before, work_dir);
  const auto wanted = directories_of(after, work_dir);
  VolumeChanges changes;
  std::ranges::set_difference(wanted, there, std::back_inserter(changes.make));
  std::ranges::set_difference(there, wanted, std::back_inserter(changes.remove));
  return changes;
}

std::vector<VolumeMount> volume_mounts(const model::Resources& resources, const model::Resources& in_use,
                                       const std::string& work_dir) {
  const auto used = directories_of(in_use, work_dir);
  std::vector<VolumeMount> mounts;
  for (const auto& [resource, count] : resources) {
    if (!resource.is_persistent_volume()) continue;
    VolumeMount mount{.source = volume_directory(resource, work_dir)};
    mount.container_path = resource.disk()->volume->container_path;
    mount.read_only = resource.disk()->volume->read_only;
    mount.give_owner = !used.contains(mount.source);
    mounts.push_back(std::move(mount));
  }
  std::ranges::sort(mounts, {}, &VolumeMount::container_path);
  return mounts;
}

}  // namespace stoa::agent
