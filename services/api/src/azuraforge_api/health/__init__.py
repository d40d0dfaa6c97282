"""Is the gateway alive, and can it serve."""
