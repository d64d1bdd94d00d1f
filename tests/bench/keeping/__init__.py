"""What an idle minute of keeping the books costs, and a pass after new usage, beside the earlier build."""
