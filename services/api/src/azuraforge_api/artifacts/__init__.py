"""Files that experiments produced."""
