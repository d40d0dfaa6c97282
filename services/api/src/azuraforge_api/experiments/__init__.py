"""Experiments: submit, list, read, cancel."""
