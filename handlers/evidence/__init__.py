"""Evidence: the bundles of sightings are kept, chained by camera, shown to those who may see them, and removed when their time is over."""
