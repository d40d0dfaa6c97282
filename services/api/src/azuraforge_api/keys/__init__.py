"""API keys: one's own."""
