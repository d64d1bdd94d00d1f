"""The style of charts: sizes in pixels and colours, readable on Slack's light and dark ground."""

WIDTH, HEIGHT = 1200, 600
"""Twice the size that Slack shows, for sharp screens."""
LEFT, RIGHT = 48, 1152
"""The left and right edge of text."""
PLOT_LEFT, PLOT_RIGHT, PLOT_BOTTOM = 136, 818, 104
COLUMN = 842
"""The left edge of the labels beside the plot."""

PAPER, FRAME, GRID = "#FFFFFF", "#D5D9DE", "#E6E8EB"
INK, QUIET = "#1D1C1D", "#5A5F66"
WARNING = "#B3261E"
SHADE = "#F3F4F6"
SERIES = ("#0072B2", "#C2720E", "#4E218A", "#BE3B6E", "#103C2A")
REST = "#8A8F96"
"""Chosen so that each contrasts with the paper by 3 to 1, and any two differ for common kinds of colour blindness."""
BAND, BAND_EDGE, DEEP = "#CFE3F1", "#8FBBD9", "#005A8C"
"""What is usual or expected, its edge, and words about it."""
ALARM, GAP = "#FDF0E9", "#ECECEC"
"""The ground of unusual hours, and of hours without data."""

TITLE, BODY, SMALL = 33.0, 23.0, 21.0
CAPITALS = 0.73
"""The height of DejaVu's capitals and figures, as a share of the size."""
