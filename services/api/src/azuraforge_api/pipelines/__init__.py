"""What can be run: the catalog of live workers, their schemas, their preflight."""
