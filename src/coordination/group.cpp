#include "coordination/group.h"

#include <future>
#include <utility>

#include "base/overloaded.h"
#include "coordination/member_content.h"
#include "election/names.h"

namespace stoa::coordination {
namespace {

using zookeeper::Kind;
using zookeeper::Readers;
using zookeeper::Session;

}  // namespace

Group::Group(Options options, Callbacks callbacks)
    : options_(std::move(options)),
      callbacks_(std::move(callbacks)),
      participant_(options_.self.empty() ? std::nullopt : std::optional(options_.self)) {}

Group::~Group() {
  std::promise<void> closed;
  loop_.post([&] {
    is_over_ = true;
    timer_.cancel();
    session_.reset();
    closed.set_value();
  });
  closed.get_future().wait();
}

void Group::begin() {
  loop_.post([this] { step(election::Begin{}); });
}

void Group::step(const election::ParticipantEvent& event) {
  if (is_over_) return;
  election::ParticipantEffects effects;
  participant_.step(event, net::now(), effects);
  const TimePoint acts_until = participant_.acts_until().value_or(TimePoint());
  const bool is_later = acts_until > acts_until_.load();
  acts_until_ = acts_until;
  if (is_later && callbacks_.on_alive) callbacks_.on_alive();
  for (const election::ParticipantEffect& effect : effects) perform(effect);
  schedule();
}

void Group::schedule() {
  const std::optional<TimePoint> next = participant_.next_wakeup();
  if (!next || is_over_) return timer_.cancel();
  timer_ = loop_.after(std::max(Duration(0), *next - net::now()), [this] { step(election::Passed{}); });
}

void Group::perform(const election::ParticipantEffect& effect) {
  const auto call = [](const auto& callback, const auto&... arguments) {
    if (callback) callback(arguments...);
  };
  std::visit(
      Overloaded{[&](const election::OpenSession&) { open_session(); },
                 [&](const election::CloseSession&) { session_.reset(); },
                 [&](const election::Ask&) {
                   if (session_) session_->children(options_.url.path, false, [](const auto&) {});
                 },
                 [&](const election::ListMembers&) { list_members(); },
                 [&](const election::ReadMember& e) { read_member(e.name); }, [&](const election::Join&) { join(); },
                 [&](const election::SeekOwn&) {
                   session_->children(options_.url.path, false, [this](auto names) {
                     if (!names) return step(election::OwnSought{std::unexpected(std::move(names).error())});
                     seek_own(std::move(*names).value_or(std::vector<std::string>()));
                   });
                 },
                 [&](const election::LeaderSeen& e) { call(callbacks_.on_leader, e); },
                 [&](const election::CandidacyWon& e) { call(callbacks_.on_member, e.name, session_->id()); },
                 [&](const election::CandidacyLost& e) { call(callbacks_.on_lost, e.why); },
                 [&](const election::CannotGoOn& e) { call(callbacks_.on_failed, e.why); }},
      effect);
}

void Group::open_session() {
  Session::Callbacks callbacks{.on_state = [this](Session::State state) { on_state(state); },
                               .on_change = [this] { step(election::MembersChanged{}); },
                               .on_answer = [this](TimePoint asked) { step(election::Answered{asked}); }};
  auto opened = Session::open({.servers = options_.url.servers,
                               .credentials = options_.url.credentials,
                               .timeout = options_.session_timeout,
                               .resumed = {}},
                              loop_, std::move(callbacks));
  if (!opened) {
    log::warning("zookeeper", "{}", opened.error().message);
    return step(election::SessionFailed{opened.error().message});
  }
  session_ = *std::move(opened);
}

void Group::on_state(Session::State state) {
  switch (state) {
    case Session::State::connected:
      log::info("zookeeper", "connected to {}", options_.url.to_string());
      return step(election::SessionUp{session_->timeout()});
    case Session::State::disconnected:
      log::warning("zookeeper", "no connection to {}", options_.url.to_string());
      return step(election::SessionDown{});
    case Session::State::expired:
      return step(election::SessionExpired{});
  }
}

void Group::list_members() {
  session_->children(options_.url.path, true, [this](auto names) {
    if (!names) return step(election::MembersListed{std::unexpected(std::move(names).error())});
    step(election::MembersListed{std::move(*names).value_or(std::vector<std::string>())});
  });
}

void Group::read_member(const std::string& name) {
  session_->get(options_.url.child(name), [this, name](Result<zookeeper::Node> node) {
    using Read = Result<std::optional<election::Member>>;
    if (!node) {
      const bool is_gone = node.error().code == Code::not_found;
      return step(election::MemberRead{name, is_gone ? Read(std::nullopt) : Read(std::unexpected(node.error()))});
    }
    auto member = coordination::read_member(name, node->bytes);
    step(election::MemberRead{name, member ? Read(*std::move(member)) : Read(std::unexpected(member.error()))});
  });
}

void Group::join() {
  session_->create_all(options_.url.path, Readers::world, [this](Result<> made) {
    if (!made) return step(election::JoinAnswered{std::unexpected(std::move(made).error())});
    session_->create(options_.url.child(election::member_prefix), options_.content, Kind::ephemeral_sequential,
                     Readers::world, [this](Result<std::string> path) {
                       if (path) path = path->substr(path->rfind('/') + 1);
                       step(election::JoinAnswered{std::move(path)});
                     });
  });
}

// Looks through the members, from the last name, for the one that this session owns.
void Group::seek_own(std::vector<std::string> names) {
  while (!names.empty() && !names.back().starts_with(election::member_prefix)) names.pop_back();
  if (names.empty()) return step(election::OwnSought{std::optional<std::string>()});
  const std::string name = names.back();
  names.pop_back();
  session_->get(options_.url.child(name), [this, name, names = std::move(names)](Result<zookeeper::Node> node) mutable {
    if (!node && node.error().code != Code::not_found) {
      return step(election::OwnSought{std::unexpected(std::move(node).error())});
    }
    if (node && node->owner == session_->id().id) return step(election::OwnSought{std::optional(name)});
    seek_own(std::move(names));
  });
}

}  // namespace stoa::coordination
