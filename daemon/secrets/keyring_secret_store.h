// Passwords in the desktop's keyring (Secret Service API over D-Bus, libsecret).
// Every call asks the service and may take as long as it does; none ever opens a
// prompt: a keyring that is locked is an error, not a window on someone's screen.
#pragma once

#include <memory>
#include <string>

#include "daemon/secrets/secret_store.h"

namespace commd::secrets {

// Whether this process has a session bus at all, without asking anyone: a cheap
// look at DBUS_SESSION_BUS_ADDRESS and $XDG_RUNTIME_DIR/bus.
bool session_bus_is_there();

// Asks nobody yet; probe() does, and fails when no service answers or it has no
// default keyring. `owner` keeps daemons with different state folders apart.
// Error: SECRET_LIBRARY_MISSING.
base::Result<std::unique_ptr<SecretStore>> make_keyring_store(const std::string& owner);

}  // namespace commd::secrets
