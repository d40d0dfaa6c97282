"""Users: made, changed and disabled by admins of the platform."""
