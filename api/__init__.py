"""From a request to a representation. Reads editions only; never a package, never the network."""
