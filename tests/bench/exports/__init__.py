"""The exports of a large month, and whether they add up to the books."""
