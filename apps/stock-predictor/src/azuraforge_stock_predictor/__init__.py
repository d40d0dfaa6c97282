"""Predicts stock prices beside naive baselines: an AzuraForge app."""
