// What a nua handle of ours belongs to. Every handle we make or keep is bound to one
// (its magic), so an event finds its object without a table.
//
// SIP thread only.
#pragma once

#include <sofia-sip/nua.h>

#include <utility>

#include "daemon/sip/sip_endpoint.h"

namespace commd::sip {

class SipHandleOwner {
 public:
  virtual ~SipHandleOwner() = default;
  // The owner may drop its handle inside, but must not be destroyed inside.
  virtual void on_event(SipEndpoint& endpoint, const SipEvent& event) = 0;

  nua_hmagic_t* magic() { return reinterpret_cast<nua_hmagic_t*>(this); }
  static SipHandleOwner* of(nua_hmagic_t* magic) {
    return reinterpret_cast<SipHandleOwner*>(magic);
  }
};

// Owns one nua handle.
class SipHandle {
 public:
  SipHandle() = default;
  explicit SipHandle(nua_handle_t* handle) : handle_(handle) {}
  SipHandle(SipHandle&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  SipHandle& operator=(SipHandle&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~SipHandle() { reset(); }

  nua_handle_t* get() const { return handle_; }
  explicit operator bool() const { return handle_ != nullptr; }
  void reset() {
    // No event of the handle reaches its owner after this.
    if (handle_) {
      nua_handle_bind(handle_, nullptr);
      nua_handle_destroy(handle_);
    }
    handle_ = nullptr;
  }

 private:
  nua_handle_t* handle_ = nullptr;
};

// A request kept beyond its event, to be answered later.
class SavedRequest {
 public:
  SavedRequest() = default;
  SavedRequest(const SavedRequest&) = delete;
  SavedRequest& operator=(const SavedRequest&) = delete;
  ~SavedRequest() { drop(); }

  // Only inside the event's callback.
  void keep_current(nua_t* nua) {
    drop();
    nua_save_event(nua, saved_);
  }
  void drop() {
    if (saved_[0]) nua_destroy_event(saved_);
    saved_[0] = nullptr;
  }
  const nua_saved_event_t* get() const { return saved_; }

 private:
  nua_saved_event_t saved_[1] = {nullptr};
};

}  // namespace commd::sip
