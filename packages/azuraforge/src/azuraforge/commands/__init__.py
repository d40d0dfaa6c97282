"""One module per command; `azuraforge.main` imports only the one that was asked for."""
