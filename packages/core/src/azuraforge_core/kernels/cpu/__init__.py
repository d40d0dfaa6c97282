"""Kernels for the processor: `compiler` makes them, `source` holds them, the files here call them."""
