"""The built dashboard as static files of the same origin."""
