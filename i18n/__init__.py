"""Languages: which there are, which one to serve, and their catalogs. Babel only."""
