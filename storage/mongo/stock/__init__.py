"""Stock in MongoDB: levels to read, and the holds on them."""

from storage.mongo.stock.holds import RESERVATIONS
from storage.mongo.stock.levels import LEVELS, TRANSFERS, MongoStock

COLLECTIONS = (LEVELS, RESERVATIONS, TRANSFERS)

__all__ = ["COLLECTIONS", "LEVELS", "RESERVATIONS", "TRANSFERS", "MongoStock"]
