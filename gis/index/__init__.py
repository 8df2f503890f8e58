"""The index of a city: from a point to what is there, in some microseconds, with nothing asked of a database."""
