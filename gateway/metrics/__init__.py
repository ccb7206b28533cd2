"""Figures for Prometheus: what is counted, where it is counted, and who may read it."""
