"""The layers of the city: stored whole for a demonstration, imported, edited, checked, written out and made."""

from handlers.layers.responsibility import ResponsibilityGrid, Saved, save_responsibility
from handlers.layers.storing import store_layers, store_xian

__all__ = ["ResponsibilityGrid", "Saved", "save_responsibility", "store_layers", "store_xian"]
