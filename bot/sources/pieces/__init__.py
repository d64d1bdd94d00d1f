"""Large bodies in pieces: each piece is a small body of the same format, which its parser reads like any other."""
