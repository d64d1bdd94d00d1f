"""The close of periods: their states, what is left in their accounts, and the checks of closed ones."""
