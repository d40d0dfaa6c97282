"""What a device offers to the ops; `protocol` is the list, `reference` the plain version."""
