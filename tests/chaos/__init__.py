"""Kill it, and look whether the promises still hold: `python -m tests.chaos` (make chaos)."""
