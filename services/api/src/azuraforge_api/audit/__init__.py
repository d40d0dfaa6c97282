"""The audit log: written by what changes something, read by admins of the platform."""
