"""Training: losses, stages and checkpoints, in Keras."""

import atnet.models  # noqa: F401  (chooses the backend before Keras is imported)
