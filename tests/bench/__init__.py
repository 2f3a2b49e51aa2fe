"""./dev bench: what commd costs, beside another phone, on this machine."""
