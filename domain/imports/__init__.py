"""What comes in from files: rows, what they are put together to, and how they meet what is there.

Plain Python over plain values; files are read in `adapters`, documents are written in `storage`.
"""
