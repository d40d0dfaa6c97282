"""The chain of tiny ops that shows what the tape itself costs: y = tanh(y * w), over 4 numbers."""

PAIRS_OF_OPS = 1000
START, FACTOR = 0.9, 0.999
