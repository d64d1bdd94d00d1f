"""The close of periods: the job that closes them, and `tokens periods`."""
