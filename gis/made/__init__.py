"""Made layers: what a demonstration city needs and no survey gives, laid out on its made communities."""
