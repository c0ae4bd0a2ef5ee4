"""The texts that the site exists to serve: written in templates, filled from the law's data, frozen when published."""
