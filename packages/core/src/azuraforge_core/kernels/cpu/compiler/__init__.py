"""What kernels are written in, and what turns their sources into object code. Imported while compiling only."""
