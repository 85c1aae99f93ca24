"""Training samples: crops, augmentation, the pipeline that feeds them."""
