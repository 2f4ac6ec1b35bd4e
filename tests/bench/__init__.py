"""How fast, against what: `python -m tests.bench` (make bench). JSON lines; ratios come from one run."""
