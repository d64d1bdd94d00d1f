"""What people type, read word by word: spans of days, names, and the nearest known words."""
