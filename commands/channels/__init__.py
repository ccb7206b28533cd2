"""What channels tell becomes part of the books, in any order, any number of times."""
