"""The trainer: a fresh process per attempt that imports one app, trains, and speaks lines over two pipes."""
