"""Kernels for the GPU: `source` holds their CUDA text, the files here launch it through CuPy."""
