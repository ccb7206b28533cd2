"""`kassa doctor`: is everything as a shop needs it, and if not, what is to be done?"""
