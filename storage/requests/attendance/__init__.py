"""Attendance: who is there to decide requests, and who decides in their place."""
