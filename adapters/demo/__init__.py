"""A demo shop: Fjord & Bean, an invented chain of coffee shops in Sweden, Norway and Finland."""

from adapters.demo.books import BENCH, SMALL, Size, shop

__all__ = ["BENCH", "SMALL", "Size", "shop"]
