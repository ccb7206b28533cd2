"""Stock in MongoDB: levels to read, and the holds on them."""

from storage.mongo.stock.far import FAR
from storage.mongo.stock.holds import RESERVATIONS
from storage.mongo.stock.levels import LEVELS, TRANSFERS, MongoStock

COLLECTIONS = (LEVELS, FAR, RESERVATIONS, TRANSFERS)

__all__ = ["COLLECTIONS", "FAR", "LEVELS", "RESERVATIONS", "TRANSFERS", "MongoStock"]
