"""What tills say, and the same in our words."""
