"""The journal in MongoDB: every change, under its number in the whole."""

from storage.mongo.journal.reading import COLLECTIONS, JOURNAL, MongoJournal

__all__ = ["COLLECTIONS", "JOURNAL", "MongoJournal"]
