"""How metrics went, in as many points as a chart can show."""
