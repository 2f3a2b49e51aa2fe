// What a struct or an enum of the model consists of, so that a test notices when it
// grows: the number of an aggregate's fields, the names of an enum's values.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace commd::test {

struct Anything {
  template <class T>
  operator T() const;  // NOLINT: never defined, only its type counts
};

template <class T, size_t... I>
constexpr bool takes(std::index_sequence<I...>) {
  return requires { T{(static_cast<void>(I), Anything{})...}; };
}

// The fields of an aggregate: the most initialisers that it takes.
template <class T, size_t N = 64>
constexpr size_t field_count() {
  static_assert(std::is_aggregate_v<T>);
  if constexpr (N == 0 || takes<T>(std::make_index_sequence<N>{}))
    return N;
  else
    return field_count<T, N - 1>();
}

// "commd::model::Protocol::sip" for a value that has a name, "(commd::...)7" for one
// that has none: what the compiler writes into the name of this function.
template <auto Value>
constexpr std::string_view value_name() {
  constexpr std::string_view function = __PRETTY_FUNCTION__;
  constexpr size_t begin = function.find("Value = ") + 8;
  constexpr size_t end = function.find_first_of(";]", begin);
  return function.substr(begin, end - begin);
}

// The names of an enum's values, which count from zero without gaps.
template <class E, int Value = 0>
void add_names(std::vector<std::string>& names) {
  constexpr std::string_view name = value_name<static_cast<E>(Value)>();
  if constexpr (name.find('(') == std::string_view::npos) {
    names.emplace_back(name.substr(name.rfind(':') + 1));
    add_names<E, Value + 1>(names);
  }
}

template <class E>
std::vector<std::string> names_of() {
  std::vector<std::string> names;
  add_names<E>(names);
  return names;
}

}  // namespace commd::test
