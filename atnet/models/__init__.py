"""The network in Keras 3: encoders, attention transfer decoder, refinement, export."""
