"""Training: losses, stages and checkpoints, in Keras."""
