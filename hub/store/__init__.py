"""The information base: tables, plan, compile, seal, ledger, log."""
