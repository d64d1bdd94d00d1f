"""The detector of spikes: the rule, the hours it compares and the band of usual hours."""
