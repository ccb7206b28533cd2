"""Who stands behind credentials: issuers' tokens, keys of our own, tokens for development."""
