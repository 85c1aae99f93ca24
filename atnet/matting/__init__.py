"""From image and trimap to alpha: the predictor, the runtime behind it, the shipped models."""
