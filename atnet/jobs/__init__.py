"""What is done with photographs: one at a time."""
