"""The wing `costs`: prices, the price book, aliases, repricing."""
