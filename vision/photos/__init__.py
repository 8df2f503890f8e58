"""Before and after: whether two photographs show the same place, are one and the same file, and can be judged at all."""

from vision.photos.comparing import Comparison, compare
from vision.photos.quality import is_blurred, is_dark
from vision.photos.reading import Photograph, read

__all__ = ["Comparison", "Photograph", "compare", "is_blurred", "is_dark", "read"]
