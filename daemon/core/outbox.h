// What waits to be sent, oldest first, found by its id at the same cost however much waits.
//
// T has an `id`. A value; one thread at a time.
#pragma once

#include <list>
#include <map>
#include <utility>
#include <vector>

namespace commd::core {

template <class T>
class Outbox {
 public:
  using Id = decltype(T::id);

  // Behind the others. One of that id that is there keeps its place, as it is now.
  void add(T entry) {
    if (T* known = find(entry.id)) {
      *known = std::move(entry);
      return;
    }
    const Id id = entry.id;
    entries_.push_back(std::move(entry));
    places_[id] = std::prev(entries_.end());
  }
  // Null if it does not wait.
  T* find(const Id& id) {
    const auto place = places_.find(id);
    return place == places_.end() ? nullptr : &*place->second;
  }
  void erase(const Id& id) {
    const auto place = places_.find(id);
    if (place == places_.end()) return;
    entries_.erase(place->second);
    places_.erase(place);
  }
  // Those that `wanted` says, oldest first: copies, so that the box may change meanwhile.
  template <class F>
  std::vector<T> those(F wanted) const {
    std::vector<T> found;
    for (const T& entry : entries_)
      if (wanted(entry)) found.push_back(entry);
    return found;
  }

 private:
  std::list<T> entries_;
  std::map<Id, typename std::list<T>::iterator> places_;
};

}  // namespace commd::core
