"""The kernels' sources, one family a file: Python that is compiled ahead and never imported where it runs."""
