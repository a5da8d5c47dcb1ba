#include "coordination/member_content.h"

#include <fmt/format.h>

#include "codec/json.h"
#include "codec/protobuf.h"
#include "election/names.h"
#include "mesos/v1/mesos.pb.h"

namespace stoa::coordination {
namespace {

using mesos::v1::MasterInfo;

// The four bytes of an address as they lie in the memory of a little-endian host (HA-023).
std::string v4_text(std::uint32_t number) {
  return fmt::format("{}.{}.{}.{}", number & 255, number >> 8 & 255, number >> 16 & 255, number >> 24);
}

Result<election::Member> member_of(const MasterInfo& info) {
  election::Member member{.id = info.id(), .port = static_cast<std::uint16_t>(info.port())};
  if (info.port() == 0 || info.port() > 0xffff) return invalid(fmt::format("no port: {}", info.port()));
  if (info.address().has_ip()) member.address = info.address().ip();
  if (member.address.empty() && info.ip() != 0) member.address = v4_text(info.ip());
  if (!member.address.empty()) {
    LET(const net::Address address, net::Address::parse(member.address));
    member.address = address.to_string();
  }
  member.host = info.has_hostname() ? info.hostname() : info.address().hostname();
  if (member.host.empty()) member.host = member.address;
  if (member.host.empty()) return invalid("neither host name nor address");
  return member;
}

// `master@HOST:PORT`. Whoever is there now is not to be taken for whoever was there before: the whole text is the id.
Result<election::Member> read_pid(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos) return invalid("no '@'");
  LET(const net::HostPort where, net::HostPort::parse(text.substr(at + 1)));
  election::Member member{.id = std::string(text), .host = where.host, .port = where.port};
  if (const auto address = net::Address::parse(where.host)) member.address = address->to_string();
  return member;
}

}  // namespace

Result<std::string> write_member(const MasterInfo& info) {
  std::string content = codec::to_json(info);
  if (content.size() <= member_bytes_max) return content;
  return invalid(
      fmt::format("the description of this master has {} bytes, at most {} may be published: its host name "
                  "or domain is too long",
                  content.size(), member_bytes_max));
}

Result<election::Member> read_member(std::string_view name, std::string_view content) {
  const auto broken = [&](const Error& error) {
    return fail(Code::malformed, fmt::format("cannot read the member {} of the election: {}", name, error.message));
  };
  const auto form = election::parse_member_name(name);
  if (!form) return broken({Code::malformed, "it is no member's name"});
  if (form->form == election::MemberForm::pid) {
    auto member = read_pid(content);
    if (!member) return broken(member.error());
    return member;
  }
  MasterInfo info;
  const Result<> read =
      form->form == election::MemberForm::json ? codec::read_json(content, info) : codec::read_protobuf(content, info);
  if (!read) return broken(read.error());
  auto member = member_of(info);
  if (!member) return broken(member.error());
  return member;
}

net::HostPort endpoint_of(const election::Member& leader) {
  return {leader.address.empty() ? leader.host : leader.address, leader.port};
}

}  // namespace stoa::coordination
