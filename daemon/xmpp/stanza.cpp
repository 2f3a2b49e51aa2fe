#include "daemon/xmpp/stanza.h"

#include <cstdlib>
#include <vector>

#include "daemon/base/random.h"
#include "daemon/xmpp/strophe_context.h"
#include "daemon/xmpp/xml_text.h"

namespace commd::xmpp {
namespace {

std::string_view view(const char* text) {
  return text != nullptr ? std::string_view(text) : std::string_view();
}

// The library fails for want of memory alone, the arguments being right.
void require(bool done) {
  if (!done) std::abort();
}

xmpp_stanza_t* new_element(std::string_view name, std::string_view ns) {
  xmpp_stanza_t* raw = xmpp_stanza_new(strophe_context());
  require(raw != nullptr && xmpp_stanza_set_name(raw, std::string(name).c_str()) == XMPP_EOK);
  if (!ns.empty()) require(xmpp_stanza_set_ns(raw, std::string(ns).c_str()) == XMPP_EOK);
  return raw;
}

// Only libstrophe frees what libstrophe gave.
class StropheText {
 public:
  explicit StropheText(char* text) : text_(text) {}
  ~StropheText() { xmpp_free(strophe_context(), text_); }
  StropheText(const StropheText&) = delete;
  StropheText& operator=(const StropheText&) = delete;

 private:
  char* text_;
};

}  // namespace

// ---- reading -------------------------------------------------------------------

Element::Iterator& Element::Iterator::operator++() {
  at_ = xmpp_stanza_get_next(at_);
  skip_text();
  return *this;
}

void Element::Iterator::skip_text() {
  while (at_ != nullptr && xmpp_stanza_is_tag(at_) == 0) at_ = xmpp_stanza_get_next(at_);
}

Element::Iterator Element::begin() const {
  return Iterator(raw_ != nullptr ? xmpp_stanza_get_children(raw_) : nullptr);
}

std::string_view Element::name() const {
  return raw_ != nullptr ? view(xmpp_stanza_get_name(raw_)) : std::string_view();
}

std::string_view Element::ns() const { return attribute("xmlns"); }

std::string_view Element::attribute(const char* name) const {
  return raw_ != nullptr ? view(xmpp_stanza_get_attribute(raw_, name)) : std::string_view();
}

bool Element::has_attribute(const char* name) const {
  return raw_ != nullptr && xmpp_stanza_get_attribute(raw_, name) != nullptr;
}

std::string Element::text() const {
  std::string text;
  if (raw_ == nullptr) return text;
  for (xmpp_stanza_t* at = xmpp_stanza_get_children(raw_); at; at = xmpp_stanza_get_next(at))
    if (xmpp_stanza_is_text(at) != 0) text += view(xmpp_stanza_get_text_ptr(at));
  return text;
}

Element Element::child(std::string_view name, std::string_view ns) const {
  for (const Element each : *this)
    if (each.is(name, ns)) return each;
  return Element();
}

Element Element::first_child() const {
  const Iterator first = begin();
  return first == end() ? Element() : *first;
}

std::string Element::to_text() const {
  if (raw_ == nullptr) return {};
  char* text = nullptr;
  size_t size = 0;
  require(xmpp_stanza_to_text(raw_, &text, &size) == XMPP_EOK);
  const StropheText owner(text);
  return {text, size};
}

// ---- writing -------------------------------------------------------------------

MutableElement MutableElement::set(const char* name, std::string_view value) const {
  set_legal(name, legal_xml(value).c_str());
  return *this;
}

void MutableElement::set_legal(const char* name, const char* value) const {
  require(xmpp_stanza_set_attribute(raw_, name, value) == XMPP_EOK);
}

MutableElement MutableElement::remove(const char* name) const {
  if (has_attribute(name)) xmpp_stanza_del_attribute(raw_, name);
  return *this;
}

MutableElement MutableElement::add(std::string_view name, std::string_view ns) const {
  // Its own xmlns, even where it is the parent's: Element::ns() looks nowhere else. The
  // library leaves it out again when it writes.
  xmpp_stanza_t* raw = new_element(name, ns.empty() ? this->ns() : ns);
  Stanza::append(*this, Stanza::adopt(raw));
  return MutableElement(raw);
}

MutableElement MutableElement::add_text(std::string_view text) const {
  add_legal_text(legal_xml(text));
  return *this;
}

void MutableElement::add_legal_text(std::string_view text) const {
  xmpp_stanza_t* raw = xmpp_stanza_new(strophe_context());
  require(raw != nullptr &&
          xmpp_stanza_set_text_with_size(raw, text.data(), text.size()) == XMPP_EOK);
  Stanza::append(*this, Stanza::adopt(raw));
}

MutableElement MutableElement::add_with_text(std::string_view name, std::string_view text,
                                             std::string_view ns) const {
  return add(name, ns).add_text(text);
}

// ---- owning --------------------------------------------------------------------

Stanza::Stanza(std::string_view name, std::string_view ns) : Stanza(new_element(name, ns)) {}

Stanza& Stanza::operator=(Stanza&& other) noexcept {
  if (this != &other) {
    if (raw_ != nullptr) xmpp_stanza_release(raw_);
    raw_ = std::exchange(other.raw_, nullptr);
  }
  return *this;
}

Stanza::~Stanza() {
  if (raw_ != nullptr) xmpp_stanza_release(raw_);
}

Stanza Stanza::copy_of(const Element& element) {
  xmpp_stanza_t* raw = xmpp_stanza_copy(element.raw());
  require(raw != nullptr);
  return Stanza(raw);
}

Stanza Stanza::shell_of(const Element& element) {
  Stanza shell(element.name());
  std::vector<const char*> words(
      2 * static_cast<size_t>(xmpp_stanza_get_attribute_count(element.raw())));
  xmpp_stanza_get_attributes(element.raw(), words.data(), static_cast<int>(words.size()));
  for (size_t i = 0; i + 1 < words.size(); i += 2) shell.set_legal(words[i], words[i + 1]);
  return shell;
}

void Stanza::append(const MutableElement& parent, Stanza child) {
  constexpr int take_over = 0;  // not one more reference
  xmpp_stanza_t* raw = std::exchange(child.raw_, nullptr);
  require(xmpp_stanza_add_child_ex(parent.raw(), raw, take_over) == XMPP_EOK);
}

// ---- the three kinds -----------------------------------------------------------

Stanza make_message(std::string_view to, std::string_view type, std::string_view id) {
  Stanza message("message", "jabber:client");
  if (!to.empty()) message.set("to", to);
  if (!type.empty()) message.set("type", type);
  if (!id.empty()) message.set("id", id);
  return message;
}

Stanza make_presence() { return Stanza("presence", "jabber:client"); }

Stanza make_iq(std::string_view type, std::string_view to, std::string_view id) {
  Stanza iq("iq", "jabber:client");
  iq.set("type", type).set("id", id);
  if (!to.empty()) iq.set("to", to);
  return iq;
}

Stanza make_result(const Element& request) {
  return make_iq("result", request.from(), request.id());
}

std::string make_id() { return base::random_token(20); }

}  // namespace commd::xmpp
