#include "codec/message_tables.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

#include "base/check.h"
#include "codec/json_text.h"

namespace stoa::codec {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;

// Lists that dashboards read without asking whether they are there (OPR-069).
constexpr std::array always_lists = {
    std::string_view{"mesos.v1.master.Response.GetAgents.agents"},
    std::string_view{"mesos.v1.master.Response.GetAgents.recovered_agents"},
    std::string_view{"mesos.v1.master.Response.GetFrameworks.frameworks"},
    std::string_view{"mesos.v1.master.Response.GetFrameworks.completed_frameworks"},
    std::string_view{"mesos.v1.master.Response.GetTasks.tasks"},
    std::string_view{"mesos.v1.master.Response.GetTasks.unreachable_tasks"},
    std::string_view{"mesos.v1.master.Response.GetTasks.completed_tasks"},
    std::string_view{"mesos.v1.master.Response.GetExecutors.executors"},
};

Kind kind_of(const FieldDescriptor* field) {
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return Kind::int32;
    case FieldDescriptor::CPPTYPE_INT64:
      return Kind::int64;
    case FieldDescriptor::CPPTYPE_UINT32:
      return Kind::uint32;
    case FieldDescriptor::CPPTYPE_UINT64:
      return Kind::uint64;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return Kind::f64;
    case FieldDescriptor::CPPTYPE_FLOAT:
      return Kind::f32;
    case FieldDescriptor::CPPTYPE_BOOL:
      return Kind::boolean;
    case FieldDescriptor::CPPTYPE_ENUM:
      return Kind::enumeration;
    case FieldDescriptor::CPPTYPE_STRING:
      return field->type() == FieldDescriptor::TYPE_BYTES ? Kind::bytes : Kind::string;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return Kind::message;
  }
  std::unreachable();
}

// Of an encoding with a sign bit of its own, or of fixed length but for floating numbers, there is no field; a list may
// be read one by one always.
std::uint32_t tag_of(const FieldDescriptor* field) {
  const auto number = static_cast<std::uint32_t>(field->number());
  switch (field->type()) {
    case FieldDescriptor::TYPE_INT32:
    case FieldDescriptor::TYPE_INT64:
    case FieldDescriptor::TYPE_UINT32:
    case FieldDescriptor::TYPE_UINT64:
    case FieldDescriptor::TYPE_BOOL:
    case FieldDescriptor::TYPE_ENUM:
      return number << 3;
    case FieldDescriptor::TYPE_DOUBLE:
      return number << 3 | 1;
    case FieldDescriptor::TYPE_STRING:
    case FieldDescriptor::TYPE_BYTES:
    case FieldDescriptor::TYPE_MESSAGE:
      return number << 3 | 2;
    case FieldDescriptor::TYPE_FLOAT:
      return number << 3 | 5;
    default:
      CHECK(false, field->full_name());
      std::unreachable();
  }
}

void append_default(const FieldDescriptor* field, TextBuffer& out) {
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return append_integer(field->default_value_int32(), out);
    case FieldDescriptor::CPPTYPE_INT64:
      return append_integer(field->default_value_int64(), out);
    case FieldDescriptor::CPPTYPE_UINT32:
      return append_unsigned(field->default_value_uint32(), out);
    case FieldDescriptor::CPPTYPE_UINT64:
      return append_unsigned(field->default_value_uint64(), out);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return append_double(field->default_value_double(), out);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return append_float(field->default_value_float(), out);
    case FieldDescriptor::CPPTYPE_BOOL:
      return out.append(field->default_value_bool() ? "true" : "false");
    case FieldDescriptor::CPPTYPE_ENUM:
      return append_string(field->default_value_enum()->name(), out);
    case FieldDescriptor::CPPTYPE_STRING:
      return append_string(field->default_value_string(), out);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  std::unreachable();
}

std::uint64_t choice_of(const FieldDescriptor* field) {
  std::uint64_t choice = 0;
  if (const auto* oneof = field->real_containing_oneof()) {
    for (int i = 0; i < oneof->field_count(); ++i) choice |= std::uint64_t{1} << oneof->field(i)->index();
  }
  return choice;
}

// HTTP-115 to HTTP-117. Fields without presence (only those of Duration) count as always set.
std::string text_when_unset(const FieldDescriptor* field, const std::string& key) {
  if (field->is_repeated()) {
    const bool is_always_written = std::ranges::find(always_lists, field->full_name()) != always_lists.end();
    return is_always_written ? key + "[]" : std::string();
  }
  const bool is_written =
      (field->has_default_value() && field->is_optional() && !field->options().deprecated()) || !field->has_presence();
  if (!is_written) return {};
  std::string text = key;
  {
    TextBuffer out(text);
    append_default(field, out);
  }
  return text;
}

class Tables {
 public:
  const MessageTable& message(const Descriptor* descriptor) {
    {
      const std::shared_lock lock(mutex_);
      if (const auto found = messages_.find(descriptor); found != messages_.end()) return *found->second;
    }
    const std::unique_lock lock(mutex_);
    return *make(descriptor);
  }

 private:
  const MessageTable* make(const Descriptor* descriptor) {
    auto& slot = messages_[descriptor];
    if (slot) return slot.get();
    slot = std::make_unique<MessageTable>();
    MessageTable& table = *slot;  // Stays where it is when the map grows.
    CHECK(descriptor->field_count() <= fields_max, descriptor->full_name());
    if (descriptor->full_name() == "google.protobuf.Duration") table.form = MessageTable::Form::duration;
    if (descriptor->full_name() == "mesos.v1.Value.Scalar") table.form = MessageTable::Form::scalar;
    table.fields.reserve(static_cast<std::size_t>(descriptor->field_count()));
    for (int i = 0; i < descriptor->field_count(); ++i) {
      table.fields.push_back(make_field(descriptor->field(i)));
    }
    std::vector<std::string_view> names;
    for (const FieldTable& field : table.fields) {
      names.push_back(field.field->name());
      const auto number = static_cast<std::size_t>(field.field->number());
      if (number >= table.numbers.size()) table.numbers.resize(number + 1, fields_max);
      table.numbers[number] = static_cast<std::uint8_t>(field.index);
      if (!field.when_unset.empty()) table.written_when_unset |= std::uint64_t{1} << field.index;
      if (field.is_required) table.required |= std::uint64_t{1} << field.index;
    }
    table.by_name = NameIndex(names);
    return &table;
  }

  FieldTable make_field(const FieldDescriptor* field) {
    FieldTable table;
    table.field = field;
    table.index = static_cast<std::size_t>(field->index());
    table.choice = choice_of(field);
    table.tag = tag_of(field);
    table.key = '"' + field->name() + "\":";
    table.when_unset = text_when_unset(field, table.key);
    table.kind = kind_of(field);
    table.is_repeated = field->is_repeated();
    table.is_map = field->is_map();
    table.is_required = field->is_required();
    CHECK(!table.is_map || kind_of(field->message_type()->map_key()) == Kind::string, field->full_name());
    if (table.kind == Kind::message) table.message = make(field->message_type());
    if (table.kind == Kind::enumeration) table.enumeration = make_enum(field->enum_type());
    return table;
  }

  const EnumTable* make_enum(const EnumDescriptor* descriptor) {
    auto& slot = enums_[descriptor];
    if (slot) return slot.get();
    slot = std::make_unique<EnumTable>();
    EnumTable& table = *slot;
    std::vector<std::string_view> names;
    for (int i = 0; i < descriptor->value_count(); ++i) {
      names.push_back(descriptor->value(i)->name());
      table.numbers.push_back(descriptor->value(i)->number());
    }
    table.by_name = NameIndex(names);
    const auto [least, greatest] = std::ranges::minmax(table.numbers);
    constexpr int spread_max = 4096;
    CHECK(greatest - least < spread_max, descriptor->full_name());
    table.number_min = least;
    table.written.resize(static_cast<std::size_t>(greatest - least) + 1);
    for (std::size_t i = 0; i < names.size(); ++i) {
      auto& text = table.written[static_cast<std::size_t>(table.numbers[i] - least)];
      if (text.empty()) text = '"' + std::string(names[i]) + '"';
    }
    return &table;
  }

  std::shared_mutex mutex_;
  std::unordered_map<const Descriptor*, std::unique_ptr<MessageTable>> messages_;
  std::unordered_map<const EnumDescriptor*, std::unique_ptr<EnumTable>> enums_;
};

}  // namespace

const MessageTable& table_of(const google::protobuf::Descriptor* descriptor) {
  // The one cache of the process, as the descriptors themselves are; leaked, so that no order of destruction matters.
  static Tables& tables = *new Tables;
  // Documents are written from many small messages of few types: what each thread asked for last needs no lock.
  struct Recent {
    const Descriptor* descriptor = nullptr;
    const MessageTable* table = nullptr;
  };
  static constexpr std::size_t recent_count = 64;
  thread_local std::array<Recent, recent_count> recent;
  Recent& slot = recent[reinterpret_cast<std::uintptr_t>(descriptor) / sizeof(Descriptor) % recent_count];
  if (slot.descriptor != descriptor) slot = {.descriptor = descriptor, .table = &tables.message(descriptor)};
  return *slot.table;
}

}  // namespace stoa::codec
