// The faked world that every fixture of the core stands in; what else a test needs of the ports it
// adds to faked_ports() gives.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "tests/unit/core/fakes.h"

namespace commd::core {

class CoreWorld : public testing::Test {
 protected:
  // One wire, which speaks all protocols.
  CorePorts faked_ports() {
    return {store,
            secrets,
            clock,
            timers,
            encoder,
            sink,
            media,
            {{model::Protocol::local, &wire},
             {model::Protocol::sip, &wire},
             {model::Protocol::xmpp, &wire}}};
  }
  // With what the store remembers; a core from before is gone.
  void start_core(CorePorts with, const CoreSettings& settings = {}) {
    core = std::make_unique<Core>(std::move(with), settings, base::null_logger());
    core->start(store.state);
  }
  // The store then remembers what it was told.
  void keep_facts() {
    for (const auto& each : store.all<ports::PutFact>())
      if (each.value.empty())
        store.state.facts.erase(each.key);
      else
        store.state.facts[each.key] = each.value;
    store.state.accounts = core->accounts().list();
  }
  void create_account(const std::string& address, model::AccountSettings settings = {}) {
    AccountBook::Draft draft;
    draft.address = address;
    draft.settings = std::move(settings);
    core->accounts().create(std::move(draft), [](auto made) { ASSERT_TRUE(made); });
  }

  fakes::ManualClock clock;
  fakes::ManualTimers timers{clock};
  fakes::FakeStore store;
  fakes::FakeSecrets secrets;
  fakes::FakeEncoder encoder;
  fakes::FakeSink sink;
  fakes::FakeMedia media;
  fakes::FakeSignalling wire;
  std::unique_ptr<Core> core;
};

}  // namespace commd::core
