"""What spend brought: cost per outcome, and the same tokens elsewhere."""
