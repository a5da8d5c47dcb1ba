#include "zookeeper/session.h"

#include <fmt/format.h>
#include <zookeeper/zookeeper.h>

#include <algorithm>
#include <atomic>
#include <cstring>

#include "base/log.h"

namespace stoa::zookeeper {
namespace {

Code code_of(int error) {
  switch (error) {
    case ZCONNECTIONLOSS:
    case ZOPERATIONTIMEOUT:
    case ZSESSIONMOVED:
    case ZSESSIONEXPIRED:
    case ZCLOSING:
    case ZINVALIDSTATE:
    case ZTHROTTLEDOP:
      return Code::unavailable;
    case ZNONODE:
      return Code::not_found;
    case ZNODEEXISTS:
      return Code::already_exists;
    case ZBADVERSION:
    case ZNOTEMPTY:
      return Code::failed_precondition;
    case ZNOAUTH:
    case ZINVALIDACL:
      return Code::permission_denied;
    case ZAUTHFAILED:
      return Code::unauthenticated;
    default:
      return Code::internal;
  }
}

Error error_of(int error, std::string_view call, const std::string& path) {
  return {code_of(error), fmt::format("ZooKeeper: {} {}: {}", call, path, zerror(error))};
}

// The client takes addresses of both families without brackets.
std::string servers_text(const std::vector<net::HostPort>& servers) {
  std::string text;
  for (const net::HostPort& server : servers) {
    text += fmt::format("{}{}:{}", text.empty() ? "" : ",", server.host, server.port);
  }
  return text;
}

// The client's own lines: what is worth an operator's while comes to us as states and errors.
void on_log(const char* line) { log::write(log::Level::debug, "zookeeper", line); }

}  // namespace

struct Session::Impl : std::enable_shared_from_this<Session::Impl> {
  Impl(net::Loop& its_loop, Callbacks given) : loop(its_loop), callbacks(std::move(given)) {}

  // Runs the call on the loop, unless the session was closed by then.
  void post(std::function<void()> call) {
    auto guarded = [self = weak_from_this(), call = std::move(call)] {
      const auto impl = self.lock();
      if (impl && impl->is_open) call();
    };
    loop.post(std::move(guarded));
  }
  void answered(TimePoint asked, int error) {
    if (!callbacks.on_answer || (error != ZOK && code_of(error) == Code::unavailable)) return;
    post([this, asked] { callbacks.on_answer(asked); });
  }

  const ACL_vector* acl(Readers readers) const;
  static void watch(zhandle_t* handle, int type, int state, const char*, void* context);

  net::Loop& loop;
  const Callbacks callbacks;
  std::string credentials;
  zhandle_t* handle = nullptr;
  std::atomic<bool> is_open = true;
};

namespace {

// A call on its way: freed by whoever answers it.
template <typename T>
struct Pending {
  Session::Done<T> done;
  std::function<void(std::function<void()>)> post;
  std::function<void(TimePoint, int)> answered;
  std::string name;
  std::string path;
  TimePoint asked;

  void answer(Result<T> result) {
    post([done = std::move(done), result = std::move(result)]() mutable { done(std::move(result)); });
  }
  Error error(int code) const { return error_of(code, name, path); }
};

// Takes the context back; tells that an answer came.
template <typename T>
std::unique_ptr<Pending<T>> take(const void* context, int code) {
  std::unique_ptr<Pending<T>> pending(static_cast<Pending<T>*>(const_cast<void*>(context)));
  pending->answered(pending->asked, code);
  return pending;
}

void on_text(int code, const char* value, const void* context) {
  const auto pending = take<std::string>(context, code);
  if (code != ZOK) return pending->answer(std::unexpected(pending->error(code)));
  pending->answer(std::string(value));
}

void on_node(int code, const char* value, int length, const Stat* stat, const void* context) {
  const auto pending = take<Node>(context, code);
  if (code != ZOK) return pending->answer(std::unexpected(pending->error(code)));
  Node node{.bytes = {}, .version = stat->version, .owner = stat->ephemeralOwner};
  if (length > 0) node.bytes.assign(value, static_cast<std::size_t>(length));
  pending->answer(std::move(node));
}

using Names = std::optional<std::vector<std::string>>;

void on_names(int code, const String_vector* names, const void* context) {
  const auto pending = take<Names>(context, code);
  if (code != ZOK) return pending->answer(std::unexpected(pending->error(code)));
  std::vector<std::string> result;
  result.reserve(static_cast<std::size_t>(names->count));
  for (std::int32_t i = 0; i < names->count; ++i) result.emplace_back(names->data[i]);
  pending->answer(std::move(result));
}

void on_stat(int code, const Stat*, const void* context) {
  const auto pending = take<bool>(context, code);
  if (code == ZNONODE) return pending->answer(false);
  if (code != ZOK) return pending->answer(std::unexpected(pending->error(code)));
  pending->answer(true);
}

void on_synced(int code, const char*, const void* context) {
  const auto pending = take<void>(context, code);
  if (code != ZOK) return pending->answer(std::unexpected(pending->error(code)));
  pending->answer({});
}

// A transaction keeps what the client writes the single results into.
struct Transaction {
  std::vector<Operation> operations;
  std::vector<zoo_op_result_t> results;
  std::unique_ptr<Pending<void>> pending;
};

void on_transacted(int code, const void* context) {
  const std::unique_ptr<Transaction> transaction(static_cast<Transaction*>(const_cast<void*>(context)));
  const auto pending = std::move(transaction->pending);
  pending->answered(pending->asked, code);
  if (code == ZOK) return pending->answer({});
  // Steps behind the one that failed carry another error.
  for (std::size_t i = 0; i < transaction->results.size(); ++i) {
    const int each = transaction->results[i].err;
    if (each == ZOK || each == ZRUNTIMEINCONSISTENCY) continue;
    pending->path = transaction->operations[i].path;
    return pending->answer(std::unexpected(pending->error(each)));
  }
  pending->answer(std::unexpected(pending->error(code)));
}

// The world reads, the creator does everything.
ACL read_and_all[] = {{.perms = 1, .id = {const_cast<char*>("world"), const_cast<char*>("anyone")}},
                      {.perms = 31, .id = {const_cast<char*>("auth"), const_cast<char*>("")}}};
const ACL_vector world_reads{.count = 2, .data = read_and_all};

}  // namespace

const ACL_vector* Session::Impl::acl(Readers readers) const {
  if (credentials.empty()) return &ZOO_OPEN_ACL_UNSAFE;
  return readers == Readers::world ? &world_reads : &ZOO_CREATOR_ALL_ACL;
}

void Session::Impl::watch(zhandle_t*, int type, int state, const char*, void* context) {
  auto* impl = static_cast<Impl*>(context);
  if (type != ZOO_SESSION_EVENT) {
    if (type != ZOO_NOTWATCHING_EVENT) impl->post([impl] { impl->callbacks.on_change(); });
    return;
  }
  State seen = State::disconnected;
  if (state == ZOO_CONNECTED_STATE) seen = State::connected;
  if (state == ZOO_EXPIRED_SESSION_STATE || state == ZOO_AUTH_FAILED_STATE) seen = State::expired;
  impl->post([impl, seen] { impl->callbacks.on_state(seen); });
}

Session::Session(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Session>> Session::open(Options options, net::Loop& loop, Callbacks callbacks) {
  auto impl = std::make_shared<Impl>(loop, std::move(callbacks));
  impl->credentials = options.credentials;
  clientid_t resumed{};
  if (options.resumed) {
    resumed.client_id = options.resumed->id;
    std::memcpy(resumed.passwd, options.resumed->password.data(),
                std::min(sizeof(resumed.passwd), options.resumed->password.size()));
  }
  const std::string servers = servers_text(options.servers);
  const int timeout = static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(options.timeout).count());
  impl->handle = zookeeper_init2(servers.c_str(), &Impl::watch, timeout, options.resumed ? &resumed : nullptr,
                                 impl.get(), ZOO_NO_LOG_CLIENTENV, &on_log);
  if (impl->handle == nullptr) {
    return fail(Code::unavailable, fmt::format("ZooKeeper: no server at {}: {}", servers, std::strerror(errno)));
  }
  // Names are looked up when a connection is lost, not all the time.
  zoo_set_servers_resolution_delay(impl->handle, -1);
  if (!impl->credentials.empty()) {
    zoo_add_auth(impl->handle, "digest", impl->credentials.data(), static_cast<int>(impl->credentials.size()), nullptr,
                 nullptr);
  }
  return std::unique_ptr<Session>(new Session(std::move(impl)));
}

Session::~Session() {
  impl_->is_open = false;
  // Answers whatever is on its way with an error, which nobody hears any more, and joins the client's threads.
  zookeeper_close(impl_->handle);
}

SessionId Session::id() const {
  const clientid_t* id = zoo_client_id(impl_->handle);
  return {id->client_id, std::string(id->passwd, sizeof(id->passwd))};
}

Duration Session::timeout() const { return std::chrono::milliseconds(zoo_recv_timeout(impl_->handle)); }

namespace {

template <typename T, typename ImplPointer>
std::unique_ptr<Pending<T>> pend(const ImplPointer& impl, Session::Done<T> done, std::string_view name,
                                 const std::string& path) {
  auto pending = std::make_unique<Pending<T>>();
  pending->done = std::move(done);
  pending->post = [impl](std::function<void()> call) { impl->post(std::move(call)); };
  pending->answered = [impl](TimePoint asked, int code) { impl->answered(asked, code); };
  pending->name = name;
  pending->path = path;
  pending->asked = net::now();
  return pending;
}

// The client took the call, or not; then it is answered here.
template <typename T>
void launch(std::unique_ptr<Pending<T>> pending, const std::function<int(void*)>& call) {
  const int code = call(pending.get());
  if (code == ZOK) {
    pending.release();
  } else {
    pending->answer(std::unexpected(pending->error(code)));
  }
}

}  // namespace

void Session::create(const std::string& path, const std::string& bytes, Kind kind, Readers readers,
                     Done<std::string> done) {
  const int flags = kind == Kind::ephemeral_sequential ? ZOO_EPHEMERAL | ZOO_SEQUENCE : 0;
  launch<std::string>(pend<std::string>(impl_, std::move(done), "create", path), [&](void* context) {
    return zoo_acreate(impl_->handle, path.c_str(), bytes.data(), static_cast<int>(bytes.size()), impl_->acl(readers),
                       flags, &on_text, context);
  });
}

void Session::create_all(const std::string& path, Readers readers, Done<void> done) {
  if (path == "/") return impl_->post([done = std::move(done)] { done({}); });
  // One after the other, from the top; the last answer counts.
  const std::size_t slash = path.rfind('/');
  create_all(slash == 0 ? "/" : path.substr(0, slash), readers,
             [this, path, readers, done = std::move(done)](Result<> above) mutable {
               if (!above) return done(std::move(above));
               create(path, "", Kind::persistent, readers, [done = std::move(done)](Result<std::string> made) {
                 if (made || made.error().code == Code::already_exists) return done({});
                 done(std::unexpected(std::move(made).error()));
               });
             });
}

void Session::get(const std::string& path, Done<Node> done) {
  launch<Node>(pend<Node>(impl_, std::move(done), "get", path),
               [&](void* context) { return zoo_aget(impl_->handle, path.c_str(), 0, &on_node, context); });
}

void Session::children(const std::string& path, bool watches, Done<Names> done) {
  Done<Names> listed = [this, path, watches, done = std::move(done)](Result<Names> names) mutable {
    if (names || names.error().code != Code::not_found) return done(std::move(names));
    if (!watches) return done(std::nullopt);
    // There is no such node: its coming is watched. It may have come meanwhile.
    Done<bool> sought = [this, path, done = std::move(done)](Result<bool> exists) mutable {
      if (!exists) return done(std::unexpected(std::move(exists).error()));
      if (*exists) return children(path, true, std::move(done));
      done(std::nullopt);
    };
    launch<bool>(pend<bool>(impl_, std::move(sought), "watch", path),
                 [&](void* context) { return zoo_aexists(impl_->handle, path.c_str(), 1, &on_stat, context); });
  };
  launch<Names>(pend<Names>(impl_, std::move(listed), "list", path), [&](void* context) {
    return zoo_aget_children(impl_->handle, path.c_str(), watches ? 1 : 0, &on_names, context);
  });
}

void Session::sync(const std::string& path, Done<void> done) {
  launch<void>(pend<void>(impl_, std::move(done), "sync", path),
               [&](void* context) { return zoo_async(impl_->handle, path.c_str(), &on_synced, context); });
}

void Session::transact(std::vector<Operation> operations, Readers readers, Done<void> done) {
  auto transaction = std::make_unique<Transaction>();
  transaction->operations = std::move(operations);
  transaction->results.resize(transaction->operations.size());
  transaction->pending = pend<void>(impl_, std::move(done), "transaction", "");
  std::vector<zoo_op_t> steps(transaction->operations.size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Operation& each = transaction->operations[i];
    const int length = static_cast<int>(each.bytes.size());
    switch (each.type) {
      case Operation::Type::check:
        zoo_check_op_init(&steps[i], each.path.c_str(), each.version);
        break;
      case Operation::Type::create:
        zoo_create_op_init(&steps[i], each.path.c_str(), each.bytes.data(), length, impl_->acl(readers), 0, nullptr, 0);
        break;
      case Operation::Type::set:
        zoo_set_op_init(&steps[i], each.path.c_str(), each.bytes.data(), length, each.version, nullptr);
        break;
      case Operation::Type::remove:
        zoo_delete_op_init(&steps[i], each.path.c_str(), each.version);
        break;
    }
  }
  const int code = zoo_amulti(impl_->handle, static_cast<int>(steps.size()), steps.data(), transaction->results.data(),
                              &on_transacted, transaction.get());
  if (code == ZOK) {
    (void)transaction.release();  // on_transacted has it.
  } else {
    transaction->pending->answer(std::unexpected(transaction->pending->error(code)));
  }
}

}  // namespace stoa::zookeeper
