"""The gate: what stands still in a camera's picture and did not use to, without any network."""
