"""The azuraforge command: an AI experiment platform on an engine you can read."""
