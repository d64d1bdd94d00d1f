"""`make test-dates`: runs the rules and the storage tests at moments and in machine zones where calendars go wrong."""
