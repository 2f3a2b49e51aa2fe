#include "daemon/http/response_reader.h"

#include "daemon/loop/asio.h"

#include <boost/beast/http/parser.hpp>

#include "daemon/base/escape.h"
#include "daemon/net/domain_name.h"

namespace commd::http {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;

constexpr unsigned most_interim = 8;

// Gives the body on as it comes: nothing of it is kept here.
struct PassedOn {
  using value_type = std::string*;

  class reader {
   public:
    template <bool request, class Fields>
    reader(http::header<request, Fields>&, value_type& to) : to_(to) {}
    void init(const boost::optional<uint64_t>&, error_code& error) { error = {}; }
    template <class Buffers>
    size_t put(const Buffers& buffers, error_code& error) {
      error = {};
      size_t size = 0;
      for (auto i = boost::asio::buffer_sequence_begin(buffers);
           i != boost::asio::buffer_sequence_end(buffers); ++i) {
        const boost::asio::const_buffer part = *i;
        if (to_) to_->append(static_cast<const char*>(part.data()), part.size());
        size += part.size();
      }
      return size;
    }
    void finish(error_code& error) { error = {}; }

   private:
    value_type& to_;
  };
};

using Parser = http::response_parser<PassedOn>;

base::Error error_of(const error_code& error) {
  if (error == http::error::body_limit)
    return {
        base::Code::resource_exhausted, "HTTP_TOO_LARGE", "the file is larger than is allowed", {}};
  if (error == http::error::partial_message || error == http::error::end_of_stream)
    return {base::Code::unavailable, "HTTP_CUT", "the server ended before all had come", {}};
  return {base::Code::unavailable,
          "HTTP_BAD_ANSWER",
          "the server's answer is no HTTP: " + error.message(),
          {}};
}

}  // namespace

std::string ResponseHead::field(const std::string& name) const {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string() : found->second;
}

struct ResponseReader::State {
  explicit State(uint64_t most) : most_body(most) { renew(); }

  void renew() {
    parser = std::make_unique<Parser>();
    parser->header_limit(most_head_bytes);
    parser->body_limit(most_body);
    parser->eager(true);
  }
  void read_head();

  const uint64_t most_body;
  std::unique_ptr<Parser> parser;
  std::string waiting;  // of the head
  ResponseHead head;
  bool has_head = false;
  unsigned interim = 0;
};

void ResponseReader::State::read_head() {
  const auto& message = parser->get();
  head.status = message.result_int();
  for (const auto& each : message) {
    const std::string name =
        net::lower_case(std::string_view(each.name_string().data(), each.name_string().size()));
    head.fields.emplace(
        name, base::to_valid_utf8(std::string_view(each.value().data(), each.value().size())));
  }
  if (const auto length = parser->content_length()) head.length = *length;
  has_head = true;
}

ResponseReader::ResponseReader(uint64_t most_body) : state_(std::make_unique<State>(most_body)) {}

ResponseReader::~ResponseReader() = default;

base::Result<void> ResponseReader::take(std::string_view bytes, std::string& body) {
  State& state = *state_;
  state.waiting.append(bytes);
  std::string_view rest = state.waiting;
  error_code error;
  while (!rest.empty() && !state.parser->is_done()) {
    state.parser->get().body() = &body;
    const size_t used = state.parser->put(boost::asio::buffer(rest.data(), rest.size()), error);
    rest.remove_prefix(used);
    if (error == http::error::need_more) break;
    if (error) return base::fail(error_of(error));
    const bool is_interim =
        state.parser->is_header_done() && state.parser->get().result_int() < 200;
    if (is_interim && state.parser->get().result_int() != 101) {
      if (++state.interim > most_interim)
        return base::fail(error_of(make_error_code(http::error::bad_status)));
      state.renew();
      continue;
    }
    if (used == 0) break;
  }
  if (!state.has_head && state.parser->is_header_done()) state.read_head();
  state.waiting.erase(0, state.waiting.size() - rest.size());
  // A line of a chunk that does not end.
  if (state.waiting.size() > most_head_bytes)
    return base::fail(error_of(make_error_code(http::error::bad_chunk)));
  return {};
}

base::Result<void> ResponseReader::end() {
  error_code error;
  if (!state_->parser->got_some())
    return base::fail(error_of(make_error_code(http::error::end_of_stream)));
  if (!state_->parser->is_done()) state_->parser->put_eof(error);
  if (error) return base::fail(error_of(error));
  if (!state_->has_head) return base::fail(error_of(make_error_code(http::error::end_of_stream)));
  return {};
}

const ResponseHead* ResponseReader::head() const {
  return state_->has_head ? &state_->head : nullptr;
}

bool ResponseReader::complete() const { return state_->has_head && state_->parser->is_done(); }

}  // namespace commd::http
