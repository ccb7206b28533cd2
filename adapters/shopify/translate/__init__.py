"""Shopify's words and ours: tables, shapes, queries, and what they become. Pure."""
