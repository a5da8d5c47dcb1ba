// What both daemons say about their own process.
#include "api/v0/documents.h"

namespace stoa::api::v0 {

using codec::JsonWriter;

void write_version(JsonWriter& out, const ReadingContext& context) {
  const VersionShown& version = context.version;
  out.key("version").string(version.api);
  if (!version.commit.empty()) out.key("git_sha").string(version.commit);
  if (!version.branch.empty()) out.key("git_branch").string(version.branch);
  if (!version.tag.empty()) out.key("git_tag").string(version.tag);
  out.key("build_date").string(version.build_date);
  out.key("build_time").number(version.build_time);
  out.key("build_user").string(version.build_user);
}

void write_flags(JsonWriter& out, const ReadingContext& context) {
  out.key("flags").begin_object();
  for (const auto& [name, value] : context.flags) out.key(name).string(value);
  out.end_object();
}

void write_shown_flags(JsonWriter& out, const ReadingContext& context) {
  for (const char* name : {"cluster", "log_dir", "external_log_file"}) {
    if (const std::string* value = context.flag(name)) out.key(name).string(*value);
  }
  write_flags(out, context);
}

std::string version(const ReadingContext& context) {
  std::string text;
  JsonWriter out(text);
  out.begin_object();
  write_version(out, context);
  if (!context.version.product.empty()) out.key("stoa_version").string(context.version.product);
  out.end_object();
  return text;
}

std::string flags(const ReadingContext& context) {
  std::string text;
  JsonWriter out(text);
  out.begin_object();
  write_flags(out, context);
  out.end_object();
  return text;
}

}  // namespace stoa::api::v0
