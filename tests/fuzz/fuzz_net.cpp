// Addresses, URLs, queries and HTTP heads from arbitrary bytes: nothing crashes, and what parses prints back to the
// same value.
#include <string>
#include <string_view>

#include "fuzz.h"
#include "http/parse.h"
#include "http/router.h"
#include "net/address.h"
#include "net/prefix.h"
#include "net/url.h"

namespace {

void require(bool law) { CHECK(law); }

template <typename Value>
void parses_back(std::string_view text) {
  const auto value = Value::parse(text);
  if (!value) return;
  const auto again = Value::parse(value->to_string());
  require(again && *again == *value);
}

// A head in one piece and byte by byte comes to the same end.
void heads(std::string_view text) {
  stoa::http::HeadScanner whole({}), pieces({});
  const auto at_once = whole.scan(text);
  for (std::size_t i = 1; i <= text.size(); ++i) {
    const auto piecewise = pieces.scan(text.substr(0, i));
    if (!piecewise || *piecewise > 0 || i == text.size()) {
      require(piecewise.has_value() == at_once.has_value() && (!at_once || *piecewise == *at_once));
      break;
    }
  }
  if (at_once && *at_once > 0) {
    (void)stoa::http::parse_request_head(text.substr(0, *at_once));
    (void)stoa::http::parse_response_head(text.substr(0, *at_once), false);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  parses_back<stoa::net::Address>(text);
  parses_back<stoa::net::Endpoint>(text);
  parses_back<stoa::net::HostPort>(text);
  parses_back<stoa::net::Prefix>(text);
  if (const auto url = stoa::net::Url::parse(text)) (void)url->to_string();
  (void)stoa::net::parse_query(text);
  require(*stoa::net::percent_decode(stoa::net::percent_encode(text)) == text);
  (void)stoa::http::normalise_path(text);
  heads(text);
  stoa::http::BodyDecoder decoder({stoa::http::Framing::Kind::chunked, 0}, 1000);
  std::string out;
  (void)decoder.feed(text, out);
  require(out.size() <= 1000);
  return 0;
}
