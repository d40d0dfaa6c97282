"""A tiny real app for the tests of the platform: pipelines that train, and pipelines that misbehave."""
