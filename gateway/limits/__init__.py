"""What clients may cost: who they are to us, their purses, and what a request is told of it."""
