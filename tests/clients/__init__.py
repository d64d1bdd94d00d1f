"""`make clients`: real programs call stand-in model APIs on loopback, and the books are compared with what these billed."""
