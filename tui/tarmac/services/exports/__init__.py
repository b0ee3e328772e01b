"""Carrying a plan out: apply, fire, wait, and a ledger so that nothing is lost or doubled."""
