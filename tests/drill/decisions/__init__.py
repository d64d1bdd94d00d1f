"""The drill of decisions: `kill -9` at every step from a click to the posted verdict, again and again."""
