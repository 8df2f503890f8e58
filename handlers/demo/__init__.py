"""The demonstration city: its people, and a month of cases made by running the engine."""
