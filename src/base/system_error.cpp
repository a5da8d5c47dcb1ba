#include "base/system_error.h"

#include <cerrno>
#include <system_error>

namespace stoa {

std::unexpected<Error> system_failure(const std::string& what, int number) {
  Code code = Code::internal;
  if (number == ENOENT || number == ENOTDIR) code = Code::not_found;
  if (number == EACCES || number == EPERM || number == ELOOP) code = Code::permission_denied;
  if (number == EEXIST) code = Code::already_exists;
  if (number == ENOSPC || number == EMFILE || number == ENFILE || number == ENOMEM || number == EAGAIN) {
    code = Code::resource_exhausted;
  }
  return fail(code, what + ": " + std::generic_category().message(number));
}

}  // namespace stoa
