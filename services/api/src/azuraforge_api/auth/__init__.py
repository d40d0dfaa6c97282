"""Signing in: one-time link, session cookie, owner key."""
