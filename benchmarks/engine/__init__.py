"""What the engine's benchmarks share: workloads, candidates in processes of their own, paired figures, limits."""
