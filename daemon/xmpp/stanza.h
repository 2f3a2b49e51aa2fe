// libstrophe's stanza as a C++ value. Element borrows a node to read it, MutableElement
// to change it, Stanza owns a whole tree. Names are local names; a namespace is always
// compared, never a prefix.
//
// A tree stays on the thread that made it (strophe_context). Borrowed nodes and the views
// they give are valid as long as their tree lives and is not changed.
#pragma once

#include <strophe.h>

#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

namespace commd::xmpp {

// A node to be read. A default-made one stands for "no such child": it has no name, no
// attributes and no children, so that a path can be followed without a test at each step.
class Element {
 public:
  // Goes over the child elements; text between them is passed over.
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Element;
    using difference_type = std::ptrdiff_t;
    using pointer = const Element*;
    using reference = Element;

    explicit Iterator(xmpp_stanza_t* at = nullptr) : at_(at) { skip_text(); }
    Element operator*() const { return Element(at_); }
    Iterator& operator++();
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    void skip_text();
    xmpp_stanza_t* at_;
  };

  Element() = default;
  explicit Element(xmpp_stanza_t* raw) : raw_(raw) {}

  explicit operator bool() const { return raw_ != nullptr; }

  // Empty views where there is none.
  std::string_view name() const;
  std::string_view ns() const;
  std::string_view attribute(const char* name) const;
  bool has_attribute(const char* name) const;
  std::string_view id() const { return attribute("id"); }
  std::string_view type() const { return attribute("type"); }
  std::string_view from() const { return attribute("from"); }
  std::string_view to() const { return attribute("to"); }
  // Of this element alone; xml:lang is inherited (RFC 6120 section 4.7.4), which is up to
  // the caller.
  std::string_view lang() const { return attribute("xml:lang"); }

  bool is(std::string_view name, std::string_view ns) const {
    return raw_ != nullptr && this->name() == name && this->ns() == ns;
  }

  // All text directly inside, without that of child elements.
  std::string text() const;

  // The first child element of that name and namespace.
  Element child(std::string_view name, std::string_view ns) const;
  // The first of any name.
  Element first_child() const;
  std::string child_text(std::string_view name, std::string_view ns) const {
    return child(name, ns).text();
  }

  Iterator begin() const;
  Iterator end() const { return Iterator(); }

  // XML of this node and all below. xmlns='jabber:client' is left out at the root, being
  // the stream's own.
  std::string to_text() const;

  // For the rooms' own use of libstrophe; still owned by the tree.
  xmpp_stanza_t* raw() const { return raw_; }

 protected:
  xmpp_stanza_t* raw_ = nullptr;
};

// A node that can be changed. All text is made legal XML first (legal_xml).
class MutableElement : public Element {
 public:
  explicit MutableElement(xmpp_stanza_t* raw) : Element(raw) {}

  MutableElement set(const char* name, std::string_view value) const;
  MutableElement remove(const char* name) const;
  // Appends a child element and gives it. An empty namespace is that of the parent. Costs
  // time linear in the children there are.
  MutableElement add(std::string_view name, std::string_view ns = {}) const;
  MutableElement add_text(std::string_view text) const;
  // The same for what a parser has judged already.
  void set_legal(const char* name, const char* value) const;
  void add_legal_text(std::string_view text) const;
  // A child with nothing but text.
  MutableElement add_with_text(std::string_view name, std::string_view text,
                               std::string_view ns = {}) const;
};

// The owner of a tree. Moves; copies only on demand.
class Stanza : public MutableElement {
 public:
  explicit Stanza(std::string_view name, std::string_view ns = {});
  // Takes over one reference.
  static Stanza adopt(xmpp_stanza_t* raw) { return Stanza(raw); }
  Stanza(Stanza&& other) noexcept : MutableElement(std::exchange(other.raw_, nullptr)) {}
  Stanza& operator=(Stanza&& other) noexcept;
  ~Stanza();

  // A deep copy of any node as a tree of its own.
  static Stanza copy_of(const Element& element);
  // A node with the same name and attributes, and nothing in it.
  static Stanza shell_of(const Element& element);
  // Appends a whole tree to `parent`.
  static void append(const MutableElement& parent, Stanza child);

 private:
  explicit Stanza(xmpp_stanza_t* raw) : MutableElement(raw) {}
};

// The three kinds of RFC 6120 section 8.2.
Stanza make_message(std::string_view to, std::string_view type, std::string_view id);
Stanza make_presence();
Stanza make_iq(std::string_view type, std::string_view to, std::string_view id);
// The answer to a get or set, addressed back; without a payload.
Stanza make_result(const Element& request);

// A fresh id that nobody can guess: answers are matched by it (RFC 6120 section 8.1.3).
std::string make_id();

}  // namespace commd::xmpp
