"""The producers of OTLP: a data file each, below folders by kind, and the code that reads and finds them."""
