"""The seeds of generated cases."""

import pytest


@pytest.fixture(scope="session")
def first_seed(request: pytest.FixtureRequest) -> int:
    """Where the seeds of generated cases begin."""
    return request.config.getoption("--first-seed")
