"""Layers as files: read, checked, written and made; outlines in, rows with codes out, in WGS-84."""
