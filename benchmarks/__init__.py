"""How fast, how large: measured as ratios against the naive way and against the bare tools, in one run.

`python -m benchmarks` measures and rewrites benchmarks/RESULTS.md. Nothing here is a test: a busy machine makes a
number worse, never a build red.
"""
