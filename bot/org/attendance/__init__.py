"""Attendance: the hours in which people work."""
