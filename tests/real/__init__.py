"""Real senders against a real bot: heavier to install than the tests, so not a part of them."""
