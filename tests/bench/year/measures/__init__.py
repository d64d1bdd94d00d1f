"""What each build takes to answer about the year: all of it seen from outside, or by one small program inside a build."""
