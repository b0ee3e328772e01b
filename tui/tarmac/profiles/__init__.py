"""The local TOML store: profiles, saved exports, configuration, secret references."""
