"""The rules: pure functions and values. Standard library only, no clock, no I/O, no Flask."""
