"""Stock: levels that change, units that travel, units that are held."""
